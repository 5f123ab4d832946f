/* A stack VM whose way to C is libffi's C API.  Programs are Forth-like text:

       library m                             \ where the externs that follow are from; - is the process
       extern pow : double double -- double  \ a C function; its name is then a word
       : square dup * ;                      \ a word
       callback square : long -- long        \ 'square is then the address of a C function

   Cells are 64 bits, an integer or a double.  Compiling uses Python (to load libraries and make
   CIFs); running does not touch a Python object: the GIL is released throughout. */
#include "libffi/libffi_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef union {
    int64_t i;
    double f;
    void *p;
} cell;

// clang-format off: a line of names is a line of opcodes
typedef enum {
    PUSH, DUP, DROP, SWAP, OVER, ROT, TO_R, FROM_R, ADD, SUB, MUL, DIV, AND, LESS, MORE, EQUAL,
    FADD, FSUB, FMUL, FDIV, FLESS, TO_FLOAT, TO_INT, FETCH_INT, STORE_INT, FETCH, STORE, ALLOC, FREE,
    JUMP, JUMP_IF_ZERO, CALL, EXTERN, RETURN
} opcode;

static const char *const simple[] = {   /* words that are one opcode, in the order above */
    "", "dup", "drop", "swap", "over", "rot", ">r", "r>", "+", "-", "*", "/", "and", "<", ">", "=",
    "f+", "f-", "f*", "f/", "f<", ">float", ">int", "int@", "int!", "@", "!", "alloc", "free",
};
// clang-format on

enum {
    MAX_WORDS = 128,
    MAX_CODE = 4096,
    MAX_ARGUMENTS = 8,
    DEPTH = 1024,
    NESTING = 64
};

typedef struct {
    opcode op;
    cell operand;
} instruction;

/* A foreign function, or the foreign side of a word of ours. */
typedef struct {
    PyObject *cif_object;               /* owned */
    const libffi_cif *cif;
    libffi_function address;
    int result, codes[MAX_ARGUMENTS], nargs;
} signature;

typedef struct program program;
typedef struct {
    char name[32];
    int start;
    signature c;
    libffi_closure *closure;
    program *program;
} word;

struct program {
    word words[MAX_WORDS];
    int nwords, ncode;
    instruction code[MAX_CODE];
    PyObject *libraries;                /* a list: they must outlive the externs */
};

/* ---- running ---- */

typedef struct {
    cell stack[DEPTH], returns[DEPTH];
    int depth, rdepth, nested;
    const char *error;                  /* C above us runs on; nothing else does */
} machine;

static _Thread_local machine *running;  /* whom a callback belongs to */

static void execute(machine *m, const program *p, int pc);

static void call_extern(machine *m, const signature *s)
{
    cell values[MAX_ARGUMENTS], result;
    void *arguments[MAX_ARGUMENTS];
    int i;

    m->depth -= s->nargs;
    for (i = 0; i < s->nargs; ++i) {
        values[i] = m->stack[m->depth + i];
        if (s->codes[i] == LIBFFI_INT) {
            int narrow = (int)values[i].i;
            memcpy(&values[i], &narrow, sizeof narrow);
        }
        arguments[i] = &values[i];
    }
    libffi_call(s->cif, s->address, &result, arguments);
    if (s->result == LIBFFI_INT) {      /* comes as a machine word */
        intptr_t wide;
        memcpy(&wide, &result, sizeof wide);
        result.i = (int)wide;
    }
    if (s->result != LIBFFI_VOID)
        m->stack[m->depth++] = result;
}

/* C calls a word. */
static void handle_callback(void *cif, void *result, void **arguments, void *user)
{
    const word *w = user;
    machine *m = running;
    intptr_t wide;
    int i, bottom;

    (void)cif;
    memset(result, 0, w->c.cif->result_size);
    if (m == NULL || m->error != NULL)
        return;
    if (m->depth + w->c.nargs > DEPTH || m->nested >= NESTING) {
        m->error = "too deep";
        return;
    }
    bottom = m->depth;
    for (i = 0; i < w->c.nargs; ++i) {
        if (w->c.codes[i] == LIBFFI_INT)
            m->stack[m->depth++].i = *(int *)arguments[i];
        else
            m->stack[m->depth++] = *(cell *)arguments[i];
    }
    ++m->nested;
    execute(m, w->program, w->start);
    --m->nested;
    if (m->error != NULL)
        return;
    if (m->depth != bottom + (w->c.result != LIBFFI_VOID)) {
        m->error = "a callback must leave its result and nothing else";
        return;
    }
    if (w->c.result == LIBFFI_VOID)
        return;
    --m->depth;
    if (w->c.result == LIBFFI_INT) {
        wide = (int)m->stack[m->depth].i;
        memcpy(result, &wide, sizeof wide);
    } else {
        memcpy(result, &m->stack[m->depth], w->c.cif->result_size);
    }
}

#define TOP m->stack[m->depth - 1]
#define SECOND m->stack[m->depth - 2]
// clang-format off: a line is an opcode
#define NEED(n) if (m->depth < (n)) { m->error = "stack underflow"; return; }
#define ROOM() if (m->depth >= DEPTH) { m->error = "stack overflow"; return; }
#define BINARY(OP, member, expression) \
    case OP: NEED(2) SECOND.member = (expression); --m->depth; break;

static void execute(machine *m, const program *p, int pc)
{
    int bottom = m->rdepth;
    cell c;

    for (;;) {
        const instruction *in = &p->code[pc++];
        switch (in->op) {
        case PUSH: ROOM() m->stack[m->depth++] = in->operand; break;
        case DUP: NEED(1) ROOM() m->stack[m->depth] = TOP; ++m->depth; break;
        case DROP: NEED(1) --m->depth; break;
        case SWAP: NEED(2) c = TOP; TOP = SECOND; SECOND = c; break;
        case OVER: NEED(2) ROOM() m->stack[m->depth] = SECOND; ++m->depth; break;
        case ROT: NEED(3) c = m->stack[m->depth - 3]; m->stack[m->depth - 3] = SECOND; SECOND = TOP; TOP = c; break;
        case TO_R: NEED(1)
            if (m->rdepth >= DEPTH) { m->error = "too deep"; return; }
            m->returns[m->rdepth++] = m->stack[--m->depth];
            break;
        case FROM_R: ROOM()
            if (m->rdepth <= bottom) { m->error = "return stack underflow"; return; }
            m->stack[m->depth++] = m->returns[--m->rdepth];
            break;
        BINARY(ADD, i, (int64_t)((uint64_t)SECOND.i + (uint64_t)TOP.i))
        BINARY(SUB, i, (int64_t)((uint64_t)SECOND.i - (uint64_t)TOP.i))
        BINARY(MUL, i, (int64_t)((uint64_t)SECOND.i * (uint64_t)TOP.i))
        BINARY(AND, i, SECOND.i & TOP.i)
        BINARY(LESS, i, SECOND.i < TOP.i)
        BINARY(MORE, i, SECOND.i > TOP.i)
        BINARY(EQUAL, i, SECOND.i == TOP.i)
        BINARY(FADD, f, SECOND.f + TOP.f)
        BINARY(FSUB, f, SECOND.f - TOP.f)
        BINARY(FMUL, f, SECOND.f * TOP.f)
        BINARY(FDIV, f, SECOND.f / TOP.f)
        BINARY(FLESS, i, SECOND.f < TOP.f)
        case DIV: NEED(2)
            if (TOP.i == 0 || TOP.i == -1) { m->error = "division by 0 or -1"; return; }
            SECOND.i /= TOP.i; --m->depth; break;
        case TO_FLOAT: NEED(1) TOP.f = (double)TOP.i; break;
        case TO_INT: NEED(1) TOP.i = (int64_t)TOP.f; break;
        case FETCH_INT: NEED(1) TOP.i = *(int *)TOP.p; break;
        case STORE_INT: NEED(2) *(int *)TOP.p = (int)SECOND.i; m->depth -= 2; break;
        case FETCH: NEED(1) TOP = *(cell *)TOP.p; break;
        case STORE: NEED(2) *(cell *)TOP.p = SECOND; m->depth -= 2; break;
        case ALLOC: NEED(1) TOP.p = calloc(1, (size_t)TOP.i); break;
        case FREE: NEED(1) free(TOP.p); --m->depth; break;
        case JUMP: pc = (int)in->operand.i; break;
        case JUMP_IF_ZERO: NEED(1) if (m->stack[--m->depth].i == 0) pc = (int)in->operand.i; break;
        case CALL:
            if (m->rdepth >= DEPTH) { m->error = "too deep"; return; }
            m->returns[m->rdepth++].i = pc;
            pc = (int)in->operand.i;
            break;
        case EXTERN: {
            const signature *s = in->operand.p;
            NEED(s->nargs)
            if (m->depth - s->nargs >= DEPTH) { m->error = "stack overflow"; return; }
            call_extern(m, s);
            if (m->error != NULL)
                return;
            break;
        }
        case RETURN:
            if (m->rdepth == bottom)
                return;
            pc = (int)m->returns[--m->rdepth].i;
            break;
        }
    }
}
// clang-format on

/* ---- compiling ---- */

static int wrong(const char *what, const char *token)
{
    PyErr_Format(PyExc_SyntaxError, "%s: %s", what, token);
    return -1;
}

static int type_code(const char *name)
{
    static const struct {
        const char *name;
        int code;
    } types[] = {
        {"void", LIBFFI_VOID},
        {"int", LIBFFI_INT},
        {"long", LIBFFI_INT64},
        {"size", LIBFFI_SIZE_T},
        {"double", LIBFFI_DOUBLE},
        {"ptr", LIBFFI_POINTER},
    };
    size_t i;
    for (i = 0; i < sizeof types / sizeof *types; ++i)
        if (strcmp(types[i].name, name) == 0)
            return types[i].code;
    return wrong("no such type", name);
}

static const char *next_token(char **text)
{
    char *start;
    for (;;) {
        *text += strspn(*text, " \t\r\n");
        if (**text == '\0')
            return NULL;
        start = *text;
        *text += strcspn(*text, " \t\r\n");
        if (**text != '\0')
            *(*text)++ = '\0';
        if (strcmp(start, "\\") != 0)
            return start;
        *text += strcspn(*text, "\n");
    }
}

/* `: double double -- double` */
static int parse_signature(char **text, signature *s)
{
    const char *token = next_token(text);
    if (token == NULL || strcmp(token, ":") != 0)
        return wrong("expected :", token ? token : "end");
    while ((token = next_token(text)) != NULL && strcmp(token, "--") != 0) {
        if (s->nargs == MAX_ARGUMENTS)
            return wrong("too many arguments", token);
        if ((s->codes[s->nargs++] = type_code(token)) < 0)
            return -1;
    }
    if ((token = next_token(text)) == NULL)
        return wrong("expected a result type", "end");
    if ((s->result = type_code(token)) < 0)
        return -1;
    s->cif_object = libffi_cif_from_codes(s->result, s->codes, s->nargs, -1, libffi_abi_default());
    if (s->cif_object == NULL)
        return -1;
    s->cif = libffi_cif_get(s->cif_object);
    return s->cif == NULL ? -1 : 0;
}

static word *find_word(program *p, const char *name)
{
    int i;
    for (i = p->nwords - 1; i >= 0; --i)
        if (strcmp(p->words[i].name, name) == 0)
            return &p->words[i];
    return NULL;
}

static word *new_word(program *p, const char *name)
{
    word *w = &p->words[p->nwords];
    if (p->nwords == MAX_WORDS || name == NULL || strlen(name) >= sizeof w->name) {
        wrong("no room for the word", name ? name : "end");
        return NULL;
    }
    strcpy(w->name, name);
    w->start = p->ncode;
    w->program = p;
    ++p->nwords;
    return w;
}

static int emit(program *p, opcode op, cell operand)
{
    if (p->ncode == MAX_CODE)
        return wrong("the program is too long", "");
    p->code[p->ncode].op = op;
    p->code[p->ncode].operand = operand;
    return p->ncode++;
}

static int load_library(program *p, PyObject **library, const char *name)
{
    PyObject *package = PyImport_ImportModule("libffi");
    if (package == NULL || name == NULL) {
        Py_XDECREF(package);
        return name == NULL ? wrong("library", "end") : -1;
    }
    *library = strcmp(name, "-") == 0 ? PyObject_CallMethod(package, "Library", "O", Py_None)
                                      : PyObject_CallMethod(package, "Library", "s", name);
    Py_DECREF(package);
    if (*library == NULL || PyList_Append(p->libraries, *library) < 0)
        return -1;
    Py_DECREF(*library);                /* the list has it */
    return 0;
}

static int compile_extern(program *p, PyObject *library, char **text)
{
    word *w = new_word(p, next_token(text));
    PyObject *address;
    cell operand;

    if (w == NULL || parse_signature(text, &w->c) < 0)
        return -1;
    if (library == NULL)
        return wrong("extern before any library", w->name);
    address = PyObject_CallMethod(library, "symbol", "s", w->name);
    if (address == NULL)
        return -1;
    w->c.address = (libffi_function)PyLong_AsVoidPtr(address);
    Py_DECREF(address);
    operand.p = &w->c;
    if (emit(p, EXTERN, operand) < 0)
        return -1;
    operand.i = 0;
    return emit(p, RETURN, operand) < 0 ? -1 : 0;
}

static int compile_callback(program *p, char **text)
{
    const char *name = next_token(text);
    word *w = name ? find_word(p, name) : NULL;
    if (w == NULL || w->c.cif != NULL)
        return wrong("callback: no such word", name ? name : "end");
    if (parse_signature(text, &w->c) < 0)
        return -1;
    w->closure = libffi_closure_new(w->c.cif_object, handle_callback, w);
    return w->closure == NULL ? -1 : 0;
}

static int compile_token(program *p, const char *token)
{
    cell operand = {0};
    char *end;
    word *w;
    size_t i;

    if (token[0] == '\'') {             /* 'word: the address that C calls */
        w = find_word(p, token + 1);
        if (w == NULL || w->closure == NULL)
            return wrong("no such callback", token);
        operand.i = (int64_t)(intptr_t)libffi_closure_code(w->closure);
        return emit(p, PUSH, operand);
    }
    if ((w = find_word(p, token)) != NULL) {
        if (w->c.address != NULL) {
            operand.p = &w->c;
            return emit(p, EXTERN, operand);
        }
        operand.i = w->start;
        return emit(p, CALL, operand);
    }
    for (i = 1; i < sizeof simple / sizeof *simple; ++i)
        if (strcmp(simple[i], token) == 0)
            return emit(p, (opcode)i, operand);
    operand.i = strtoll(token, &end, 0);
    if (*end != '\0')
        operand.f = strtod(token, &end);
    return *end == '\0' ? emit(p, PUSH, operand) : wrong("unknown word", token);
}

/* The body of a word: if else then, begin until, begin while repeat. */
static int compile_body(program *p, char **text)
{
    int marks[NESTING], n = 0, at;
    const char *token;
    cell operand = {0};

    while ((token = next_token(text)) != NULL && strcmp(token, ";") != 0) {
        int opens = strcmp(token, "if") == 0 || strcmp(token, "while") == 0;
        if (n >= NESTING - 1 || (n < 1 && strcmp(token, "then") == 0))
            return wrong("nesting", token);
        if (strcmp(token, "begin") == 0) {
            marks[n++] = p->ncode;
        } else if (opens) {
            if ((at = emit(p, JUMP_IF_ZERO, operand)) < 0)
                return -1;
            marks[n++] = at;
        } else if (strcmp(token, "else") == 0 && n > 0) {
            if ((at = emit(p, JUMP, operand)) < 0)
                return -1;
            p->code[marks[n - 1]].operand.i = p->ncode;
            marks[n - 1] = at;
        } else if (strcmp(token, "then") == 0) {
            p->code[marks[--n]].operand.i = p->ncode;
        } else if (strcmp(token, "until") == 0 && n > 0) {
            operand.i = marks[--n];
            if (emit(p, JUMP_IF_ZERO, operand) < 0)
                return -1;
        } else if (strcmp(token, "repeat") == 0 && n > 1) {
            operand.i = marks[n - 2];
            if (emit(p, JUMP, operand) < 0)
                return -1;
            p->code[marks[n - 1]].operand.i = p->ncode;
            n -= 2;
        } else if (compile_token(p, token) < 0) {
            return -1;
        }
        operand.i = 0;
    }
    if (token == NULL || n != 0)
        return wrong("a word does not end", "");
    return emit(p, RETURN, operand) < 0 ? -1 : 0;
}

static int compile_program(program *p, char *text)
{
    PyObject *library = NULL;
    const char *token;
    int status = 0;

    while (status == 0 && (token = next_token(&text)) != NULL) {
        if (strcmp(token, "library") == 0)
            status = load_library(p, &library, next_token(&text));
        else if (strcmp(token, "extern") == 0)
            status = compile_extern(p, library, &text);
        else if (strcmp(token, "callback") == 0)
            status = compile_callback(p, &text);
        else if (strcmp(token, ":") == 0)
            status = new_word(p, next_token(&text)) == NULL ? -1 : compile_body(p, &text);
        else
            status = wrong("expected library, extern, callback or :", token);
    }
    return status;
}

/* ---- Python's side ---- */

static void free_program(program *p)
{
    int i;
    for (i = 0; i < p->nwords; ++i) {
        libffi_closure_free(p->words[i].closure);
        Py_XDECREF(p->words[i].c.cif_object);
    }
    Py_XDECREF(p->libraries);
    free(p);
}

static void free_capsule(PyObject *capsule)
{
    free_program(PyCapsule_GetPointer(capsule, "stackvm.program"));
}

static PyObject *vm_compile(PyObject *module, PyObject *source)
{
    program *p;
    PyObject *capsule = NULL;
    const char *text = PyUnicode_AsUTF8(source);
    char *copy;

    (void)module;
    if (text == NULL)
        return NULL;
    p = calloc(1, sizeof *p);
    copy = malloc(strlen(text) + 1);
    if (p == NULL || copy == NULL || (p->libraries = PyList_New(0)) == NULL) {
        free(p);
        free(copy);
        return PyErr_NoMemory();
    }
    strcpy(copy, text);
    if (compile_program(p, copy) == 0)
        capsule = PyCapsule_New(p, "stackvm.program", free_capsule);
    free(copy);
    if (capsule == NULL)
        free_program(p);
    return capsule;
}

/* run(program, word, *numbers): the cells left on the stack, as ints and (word ends in .) floats. */
static PyObject *vm_run(PyObject *module, PyObject *args)
{
    program *p;
    word *w;
    machine *m, *outer = running;
    libffi_fence fence;
    PyObject *result = NULL;
    Py_ssize_t i, n = PyTuple_GET_SIZE(args);
    const char *name;

    (void)module;
    if (n < 2 || n > 66)
        return PyErr_Format(PyExc_TypeError, "run(program, word, *numbers)");
    p = PyCapsule_GetPointer(PyTuple_GET_ITEM(args, 0), "stackvm.program");
    name = p ? PyUnicode_AsUTF8(PyTuple_GET_ITEM(args, 1)) : NULL;
    if (name == NULL)
        return NULL;
    if ((w = find_word(p, name)) == NULL)
        return PyErr_Format(PyExc_NameError, "no word %s", name);
    if ((m = calloc(1, sizeof *m)) == NULL)
        return PyErr_NoMemory();
    for (i = 2; i < n; ++i) {
        PyObject *number = PyTuple_GET_ITEM(args, i);
        if (PyFloat_Check(number))
            m->stack[m->depth++].f = PyFloat_AsDouble(number);
        else
            m->stack[m->depth++].i = PyLong_AsLongLong(number);
    }
    if (!PyErr_Occurred()) {
        libffi_enter(&fence, LIBFFI_RELEASE_GIL);       /* from here on no Python */
        running = m;
        execute(m, p, w->start);
        running = outer;
        if (libffi_leave(&fence) == 0) {
            if (m->error != NULL)
                PyErr_Format(PyExc_RuntimeError, "%s: %s", name, m->error);
            else
                result = PyList_New(0);
        }
    }
    for (i = 0; result != NULL && i < m->depth; ++i) {
        int is_float = name[strlen(name) - 1] == '.';
        PyObject *number = is_float ? PyFloat_FromDouble(m->stack[i].f) : PyLong_FromLongLong(m->stack[i].i);
        if (number == NULL || PyList_Append(result, number) < 0)
            Py_CLEAR(result);
        Py_XDECREF(number);
    }
    free(m);
    return result;
}

static PyMethodDef methods[] = {
    {"compile", vm_compile, METH_O, "Compile a program."},
    {"run", vm_run, METH_VARARGS, "Run a word of a program; give what it leaves on the stack."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    "stackvm",
    "A stack VM.",
    -1,
    methods,
    NULL,
    NULL,
    NULL,
    NULL,
};

PyMODINIT_FUNC PyInit_stackvm(void)
{
    return libffi_import() < 0 ? NULL : PyModule_Create(&module);
}
