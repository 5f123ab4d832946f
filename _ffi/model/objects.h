/* The C view of the Cython classes: C headers read these fields directly.
   check_layouts() compares them with what Cython generated, at import. */
#ifndef FFIPY_OBJECTS_H
#define FFIPY_OBJECTS_H

#define INLINE_STORAGE 32           /* memory this small lives inside its object */

typedef struct {
    char *data;
    size_t size;
    const type_info *type;
    lifetime *life;                 /* whose storage this is */
    lifetime own;                   /* ... used when it is ours */
    void *allocated;                /* heap block to free, if any */
    int readonly;
    long double storage[INLINE_STORAGE / sizeof(long double) + 1];
} memory_state;

typedef struct {
    PyObject_HEAD
    memory_state m;
    PyObject *type;                 /* libffi.Type */
    PyObject *owner;                /* object whose storage this views, or None */
    PyObject *keep;                 /* dict offset -> object C points to, or None */
    PyObject *weakrefs;
} MemoryObject;

typedef struct {
    char *address;
    const type_info *type;          /* of the pointer */
    lifetime *life;
    int bounded;                    /* how many items there are is known: */
    Py_ssize_t length, before;      /* from here on, and before */
} pointer_state;


typedef struct {
    PyObject_HEAD
    pointer_state p;
    PyObject *type;
    PyObject *owner;
    PyObject *weakrefs;
} PointerObject;

typedef struct {
    PyObject_HEAD
    type_info info;
    vectorcallfunc vectorcall;
} TypeObject;

typedef struct {
    PyObject_HEAD
    PyObject *type;
    PyObject *value;
} ValueObject;

typedef void (*c_function)(void);
typedef struct cif_state cif_state;
typedef struct closure_block closure_block;

typedef struct {
    c_function address;
    cif_state *cif;
    lifetime *life;                 /* of the library */
    PyObject *name;                 /* str (borrowed) */
    PyObject *errcheck;             /* callable or None (borrowed) */
    int plain;                      /* none of: errcheck and the two below */
    int release_gil;
    int save_errno;
} call_target;

typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    call_target target;
    PyMethodDef method;             /* of .call */
} FunctionObject;

typedef struct {
    PyObject_HEAD
    closure_block *block;
    PyObject *cif;
    PyObject *callable;
} ClosureObject;

typedef struct {
    PyObject_HEAD
    cif_state *state;
} CIFObject;

/* Filled in by the Cython side at import. */
static struct {
    PyTypeObject *memory, *pointer, *function, *closure, *cif, *type, *value;
    PyObject *closure_expired, *bad_arg_type;
    PyObject *(*function_at)(const type_info *type, void *address, PyObject *owner);
    PyObject *(*pin)(lifetime *life, PyObject *owner);
    cif_state *(*variadic_cif)(cif_state *base, const type_info *const *extra, Py_ssize_t n);
    PyObject *(*exact_from_string)(const char *digits);
    PyObject *(*new_array)(const type_info *item, const Py_ssize_t *shape, int ndim);
} core;

#define Memory_Check(o) PyObject_TypeCheck(o, core.memory)
#define Pointer_Check(o) Py_IS_TYPE(o, core.pointer)
#define Function_Check(o) Py_IS_TYPE(o, core.function)
#define Closure_Check(o) PyObject_TypeCheck(o, core.closure)
#define Value_Check(o) Py_IS_TYPE(o, core.value)
#define Type_Check(o) Py_IS_TYPE(o, core.type)

static inline int is_closed_closure(const ClosureObject *closure)
{
    return __atomic_load_n(&closure->callable, __ATOMIC_RELAXED) == Py_None;
}

#endif
