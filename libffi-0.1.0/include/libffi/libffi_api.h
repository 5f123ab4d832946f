/* The C API of libffi for Python: libffi's calls and closures for language runtimes.

   Plain C11 or C++11, also with Py_LIMITED_API (3.8 or newer).  Needs Python.h and nothing
   else: no ffi.h, no library to link.  Compile with -I$(libffi.get_include()), call
   libffi_import() once in your module's init function, and read docs/backend.md.

   Words used with every function:
     GIL      the calling thread must hold the GIL (be attached)
     no GIL   the thread may hold it or not, may even be one that Python never saw
     new      a reference that the caller owns
     borrowed a pointer that is valid as long as the object it came from
     raises   returns NULL or -1 with a Python exception set; all else never does

   Functions that raise take NULL for what a failed one gave them, and fail with its exception:
   chain them and look at the last result.  NULL without an exception is a TypeError.

   Memory that a Python object owns is never freed by you, memory that you pass is never
   kept, unless a function says so. */
#ifndef LIBFFI_API_H
#define LIBFFI_API_H

#include <Python.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- versions ----

   The ABI version changes when something that is here changes, which we mean never to do;
   extensions must then be compiled again.  The API version grows when functions are added
   at the end; an extension runs with the one it was compiled for, and all newer ones. */
#define LIBFFI_API_ABI_VERSION 1
#define LIBFFI_API_VERSION 3

/* The API version that an extension needs.  Define it lower before including this file to
   run with older packages too; ask LIBFFI_API_HAS(name) before using what is newer. */
#ifndef LIBFFI_API_MINIMUM
#define LIBFFI_API_MINIMUM LIBFFI_API_VERSION
#endif

#define LIBFFI_API_CAPSULE "libffi._ffi._C_API"

/* ---- scalar types by number: the names are those of the Python module libffi.c ---- */

enum libffi_code {
    LIBFFI_VOID,
    LIBFFI_BOOL,
    LIBFFI_CHAR,
    LIBFFI_SCHAR,
    LIBFFI_UCHAR,
    LIBFFI_SHORT,
    LIBFFI_USHORT,
    LIBFFI_INT,
    LIBFFI_UINT,
    LIBFFI_LONG,
    LIBFFI_ULONG,
    LIBFFI_LONGLONG,
    LIBFFI_ULONGLONG,
    LIBFFI_INT8,
    LIBFFI_UINT8,
    LIBFFI_INT16,
    LIBFFI_UINT16,
    LIBFFI_INT32,
    LIBFFI_UINT32,
    LIBFFI_INT64,
    LIBFFI_UINT64,
    LIBFFI_INT128,
    LIBFFI_UINT128,
    LIBFFI_SIZE_T,
    LIBFFI_SSIZE_T,
    LIBFFI_PTRDIFF_T,
    LIBFFI_INTPTR_T,
    LIBFFI_UINTPTR_T,
    LIBFFI_INTMAX_T,
    LIBFFI_UINTMAX_T,
    LIBFFI_WCHAR_T,
    LIBFFI_CHAR16_T,
    LIBFFI_CHAR32_T,
    LIBFFI_FLOAT,
    LIBFFI_DOUBLE,
    LIBFFI_LONGDOUBLE,
    LIBFFI_COMPLEX_FLOAT,
    LIBFFI_COMPLEX_DOUBLE,
    LIBFFI_COMPLEX_LONGDOUBLE,
    LIBFFI_POINTER,
    LIBFFI_STRING,
    LIBFFI_BYTES,
    LIBFFI_WSTRING,
    LIBFFI_PY_OBJECT            /* c.py_object: arguments are borrowed, results new references */
};

/* ---- what sort of type: Type.kind ---- */

enum libffi_kind {
    LIBFFI_KIND_VOID,
    LIBFFI_KIND_BOOL,
    LIBFFI_KIND_CHAR,
    LIBFFI_KIND_WCHAR,
    LIBFFI_KIND_SIGNED,
    LIBFFI_KIND_UNSIGNED,
    LIBFFI_KIND_FLOAT,
    LIBFFI_KIND_COMPLEX,
    LIBFFI_KIND_POINTER,
    LIBFFI_KIND_STRING,
    LIBFFI_KIND_BYTES,
    LIBFFI_KIND_WSTRING,
    LIBFFI_KIND_FUNCTION,
    LIBFFI_KIND_ARRAY,
    LIBFFI_KIND_STRUCT,
    LIBFFI_KIND_UNION,
    LIBFFI_KIND_VECTOR,
    LIBFFI_KIND_ENUM,
    LIBFFI_KIND_BITS,
    LIBFFI_KIND_REF,
    LIBFFI_KIND_OUT,
    LIBFFI_KIND_INOUT,
    LIBFFI_KIND_SWAPPED,        /* a number in the other byte order; `item` is its type in the machine's */
    LIBFFI_KIND_NDARRAY,        /* c.ndarray(): a parameter, the address of an array of `item`, or of any (void) */
    LIBFFI_KIND_OBJECT          /* a Python object, c.py_object */
};

/* What libffi_type_look() tells.  Fields are only ever appended. */
typedef struct {
    size_t size, alignment;     /* 0 while the type is incomplete, and for void: 0, 1 */
    int kind;                   /* enum libffi_kind */
    int is_complete;
    int is_const;               /* pointers: C promises not to write */
    const char *name;           /* C spelling, UTF-8; borrowed */
    PyObject *item;             /* pointee, element, enum base, referred type, or NULL; borrowed */
    PyObject *cif;              /* of a function pointer, or NULL; borrowed */
    Py_ssize_t length;          /* of an array or vector, bits of a bit-field; else -1 */
    Py_ssize_t nfields;         /* of a struct or union; else 0 */
    void *ffi_type;             /* libffi's ffi_type *, or NULL where it cannot be passed by
                                   value or was not yet, or has no size; borrowed */
    int is_exact;               /* c.exact(c.longdouble); API version 3 */
} libffi_type_info;

/* What libffi_type_field() tells.  Fields are only ever appended. */
typedef struct {
    const char *name;           /* UTF-8; borrowed */
    PyObject *type;             /* borrowed */
    size_t offset;
    unsigned bit_offset, bit_width;     /* bit_width 0: no bit-field */
} libffi_field_info;

/* A member of a struct or union to be made.  A struct or union whose name is NULL is anonymous:
   its members count as those of the outer one; so may a bit-field be. */
typedef struct {
    const char *name;           /* UTF-8 */
    PyObject *type;
} libffi_member;

/* ---- a CIF as calls see it ----

   Borrowed from a libffi.CIF object (libffi_cif_get), immutable, usable from any thread.
   Fields are only ever appended. */

typedef void (*libffi_function)(void);
typedef void (*libffi_invoker)(void *prepared, libffi_function function, void *result,
                               void **arguments);

typedef struct libffi_cif {
    libffi_invoker invoke;      /* libffi's own entry: ffi_call_plan_invoke or ffi_call, or around a fault of its ... */
    void *prepared;             /* ... and its first argument */
    unsigned nargs;
    int has_plan;               /* whether `invoke` is ffi_call_plan_invoke */
    size_t result_size;         /* bytes that a call writes: at least an ffi_arg, 0 for void */
    size_t exchange_size;       /* of an exchange block ... */
    size_t exchange_alignment;  /* ... and its alignment, a power of two */
    const size_t *exchange_offsets;     /* nargs + 1 of them: the result's (0), then each argument's */
    void *ffi_cif;              /* libffi's ffi_cif *, for code that knows ffi.h */
    PyObject *object;           /* the libffi.CIF; borrowed */
    void *core;                 /* ours */
    /* API version 3 */
    int abi;                    /* that was asked for */
    unsigned nfixed;            /* of a variadic call: arguments before the `...`; else nargs */
} libffi_cif;

/* ---- closures ---- */

/* A closure's handler.  `result` has room for the CIF's result_size: an integer narrower
   than an ffi_arg (a machine word) must be written as one, libffi_store_result() does.
   It is uninitialised: write it on every path, also where something failed.
   `arguments` point to the arguments at their own width.  Runs on whatever thread C calls
   from, without the GIL unless the caller holds it.  `ffi_cif` is libffi's ffi_cif *. */
typedef void (*libffi_handler)(void *ffi_cif, void *result, void **arguments, void *user);

typedef struct libffi_closure libffi_closure;       /* opaque */

/* The same for libffi_closure_make(): the closure leads to its libffi_cif.  `user` is that which came with this
   responder, whoever retargets the closure meanwhile. */
typedef void (*libffi_responder)(const libffi_closure *closure, void *result, void **arguments, void *user);

/* Room for what libffi_python_enter() notes. */
typedef struct { void *room[4]; } libffi_visit;

/* Room for what libffi_enter() notes. */
typedef struct { void *room[12]; } libffi_fence;

enum libffi_flags {
    LIBFFI_RELEASE_GIL = 1,     /* release the GIL around the call */
    LIBFFI_ERRNO = 2,           /* swap errno with this thread's libffi.get_errno() */
    LIBFFI_LAST_ERROR = 8       /* Windows: swap GetLastError()'s code with libffi.get_last_error() */
};

/* ---- the table behind the capsule ---- */

typedef struct {
    uint32_t abi_version;
    uint32_t api_version;
    size_t size;                /* of this struct, as the package was compiled */
    /* API version 1 */
    PyObject *(*type_from_code)(int code);
    PyObject *(*type_pointer)(PyObject *item, int is_const);
    int (*type_look)(PyObject *type, libffi_type_info *info, size_t size);
    int (*type_field)(PyObject *type, Py_ssize_t index, libffi_field_info *info, size_t size);
    PyObject *(*cif_new)(PyObject *result, PyObject *const *arguments, Py_ssize_t nargs,
                         Py_ssize_t nfixed, int abi);
    PyObject *(*cif_from_codes)(int result, const int *arguments, Py_ssize_t nargs,
                                Py_ssize_t nfixed, int abi);
    const libffi_cif *(*cif_get)(PyObject *cif);
    void (*enter)(libffi_fence *fence, int flags);
    int (*leave)(libffi_fence *fence);
    int (*invoke)(const libffi_cif *cif, libffi_function function, void *result,
                  void **arguments, int flags);
    int (*invoke_exchange)(const libffi_cif *cif, libffi_function function, void *block, int flags);
    void (*call_exchange)(const libffi_cif *cif, libffi_function function, void *block);
    libffi_closure *(*closure_new)(PyObject *cif, libffi_handler handler, void *user);
    libffi_function (*closure_code)(const libffi_closure *closure);
    void (*closure_free)(libffi_closure *closure);
    PyObject *(*closure_from_callable)(PyObject *cif, PyObject *callable);
    int (*address)(PyObject *value, void **address);
    int (*store)(PyObject *type, void *where, PyObject *value, PyObject **keep);
    PyObject *(*load)(PyObject *type, const void *where);
    int (*store_result)(const libffi_cif *cif, void *result, PyObject *value, PyObject **keep);
    PyObject *(*load_result)(const libffi_cif *cif, void *result);
    int (*abi_default)(void);
    int (*abi_find)(const char *name, int *abi);
    const char *(*abi_name)(Py_ssize_t index, int *abi);
    PyObject *(*features)(void);
    const char *(*libffi_version)(void);
    PyObject *(*type_array)(PyObject *item, Py_ssize_t length);
    PyObject *(*type_vector)(PyObject *item, Py_ssize_t lanes);
    PyObject *(*type_struct)(int kind, const char *name, const libffi_member *members,
                             Py_ssize_t nmembers, unsigned pack, unsigned align);
    int (*type_define)(PyObject *type, const libffi_member *members, Py_ssize_t nmembers,
                       unsigned pack, unsigned align);
    PyObject *(*type_bits)(PyObject *base, int width);
    PyObject *(*type_function)(PyObject *cif);
    PyObject *(*type_enum)(PyObject *cls, PyObject *base);
    PyObject *(*cif_type)(const libffi_cif *cif, Py_ssize_t index);
    /* API version 2 */
    void (*raise)(void);
    /* API version 3 */
    PyObject *(*type_reference)(int kind, PyObject *item);
    PyObject *(*type_exact)(PyObject *item);
    libffi_closure *(*closure_make)(PyObject *cif, libffi_responder responder, void *user);
    const libffi_cif *(*closure_cif)(const libffi_closure *closure);
    void *(*closure_user)(const libffi_closure *closure);
    int (*closure_retarget)(libffi_closure *closure, libffi_responder responder, void *user);
    PyObject *(*library_open)(const char *name);
    void *(*library_symbol)(PyObject *library, const char *name);
    int (*library_close)(PyObject *library);
    PyObject *(*declare)(PyObject *library, const char *text);
    int (*get_errno)(void);
    void (*set_errno)(int number);
    int (*python_enter)(libffi_visit *visit);
    void (*python_leave)(libffi_visit *visit);
    int (*runs_elsewhere)(void);        /* the table's interpreter, which is not this one and has not ended; GIL */
    void *(*copy_here)(void *symbol, const char *name);     /* for libffi_module.h; raises ImportError */
} libffi_api;

#ifndef LIBFFI_API_CORE         /* all that follows is for extensions */

/* Each file that includes this has a table pointer of its own, and calls libffi_import().
   To share one, define LIBFFI_API_TABLE as a name in all files, and LIBFFI_API_EXTERN in
   all but one.
   Each interpreter has a table: an extension that more than one imports keeps in each interpreter what
   libffi_find_api() returns there, and defines LIBFFI_API_FIND as an expression for that of the interpreter that runs
   it.  In another one than its own a table's functions that raise raise RuntimeError. */
#ifdef LIBFFI_API_FIND
#define LIBFFI_API_TABLE (LIBFFI_API_FIND)
#elif !defined(LIBFFI_API_TABLE)
#define LIBFFI_API_TABLE libffi_api_table
static const libffi_api *LIBFFI_API_TABLE = NULL;
#elif defined(LIBFFI_API_EXTERN)
extern const libffi_api *LIBFFI_API_TABLE;
#else
const libffi_api *LIBFFI_API_TABLE = NULL;
#endif

/* Whether the package at run time has a function: LIBFFI_API_HAS(call_exchange). */
#define LIBFFI_API_HAS(name) (offsetof(libffi_api, name) < LIBFFI_API_TABLE->size)

/* In a module of libffi_module.h, which goes no later than the package does in its interpreter. */
#ifdef LIBFFI_MODULE
#define LIBFFI_API_ATTRIBUTE "_C_API_of_module"
#else
#define LIBFFI_API_ATTRIBUTE "_C_API"
#endif

/* Import the package in this interpreter and check its version: its table there, which is valid as long as the process.
   NULL raises ImportError, which names both versions when they do not fit, or what the import raised.  GIL. */
static inline const libffi_api *libffi_find_api(void)
{
    /* Not PyCapsule_Import(), which does not say why a module could not be imported. */
    PyObject *module = PyImport_ImportModule("libffi._ffi");
    PyObject *capsule = module == NULL ? NULL : PyObject_GetAttrString(module, LIBFFI_API_ATTRIBUTE);
    const libffi_api *table = capsule == NULL
                                  ? NULL
                                  : (const libffi_api *)PyCapsule_GetPointer(capsule, LIBFFI_API_CAPSULE);
    Py_XDECREF(capsule);
    Py_XDECREF(module);
    if (table == NULL)
        return NULL;
    if (table->abi_version != LIBFFI_API_ABI_VERSION || table->api_version < LIBFFI_API_MINIMUM) {
        PyErr_Format(PyExc_ImportError,
                     "libffi's C API: compiled for ABI version %d and API version %d or newer, "
                     "the installed package has ABI version %d and API version %d",
                     (int)LIBFFI_API_ABI_VERSION, (int)LIBFFI_API_MINIMUM,
                     (int)table->abi_version, (int)table->api_version);
        return NULL;
    }
    return table;
}

/* Have LIBFFI_API_TABLE point to the table that libffi_find_api() finds.  0; or raises what that does, or ImportError
   where it points to that of another interpreter, which still needs it.  Call it before anything else.  GIL. */
#ifndef LIBFFI_API_FIND
static inline int libffi_import(void)
{
    const libffi_api *table = libffi_find_api();
    if (table == NULL)
        return -1;
    if (LIBFFI_API_TABLE != NULL && LIBFFI_API_TABLE != table
        && LIBFFI_API_HAS(runs_elsewhere) && LIBFFI_API_TABLE->runs_elsewhere()) {
        PyErr_SetString(PyExc_ImportError,
                        "libffi's C API: this extension has the table of another interpreter, which still runs, and "
                        "room for one (see LIBFFI_API_FIND)");
        return -1;
    }
    LIBFFI_API_TABLE = table;
    return 0;
}
#endif

/* ---- types ---- */

/* The libffi.Type of an `enum libffi_code`.  New; raises ValueError.  GIL. */
static inline PyObject *libffi_type_from_code(int code)
{
    return LIBFFI_API_TABLE->type_from_code(code);
}

/* The constructors: those of the module libffi.c.  Equal types are one object.  What they are
   given is not kept, the types they are made of are kept alive. */

/* The type of a pointer to `item`: c.ptr(item, is_const).  New; raises TypeError, BadTypedef.  GIL. */
static inline PyObject *libffi_type_pointer(PyObject *item, int is_const)
{
    return LIBFFI_API_TABLE->type_pointer(item, is_const);
}

/* The type of an array: c.array(item, length).  New; raises TypeError, ValueError, BadTypedef.  GIL. */
static inline PyObject *libffi_type_array(PyObject *item, Py_ssize_t length)
{
    return LIBFFI_API_TABLE->type_array(item, length);
}

/* The type of a SIMD vector: c.vector(item, lanes).  A type also where this libffi cannot pass it:
   then a CIF of it raises BadTypedef.  New; raises TypeError, ValueError, BadTypedef.  GIL. */
static inline PyObject *libffi_type_vector(PyObject *item, Py_ssize_t lanes)
{
    return LIBFFI_API_TABLE->type_vector(item, lanes);
}

/* The type of a struct: c.struct(name, members, _pack_=pack, _align_=align); 0 for both is C's own
   layout; `name` NULL: untagged.  Without members (nmembers 0) it is incomplete, a new type each time, until
   libffi_type_define().  New; raises TypeError, ValueError, BadTypedef.  GIL. */
static inline PyObject *libffi_type_struct(const char *name, const libffi_member *members,
                                           Py_ssize_t nmembers, unsigned pack, unsigned align)
{
    return LIBFFI_API_TABLE->type_struct(LIBFFI_KIND_STRUCT, name, members, nmembers, pack, align);
}

/* The same for a union: c.union(...).  New; raises as libffi_type_struct().  GIL. */
static inline PyObject *libffi_type_union(const char *name, const libffi_member *members,
                                          Py_ssize_t nmembers, unsigned pack, unsigned align)
{
    return LIBFFI_API_TABLE->type_struct(LIBFFI_KIND_UNION, name, members, nmembers, pack, align);
}

/* Complete an incomplete struct or union, once; its members may point to it.  Without members it is
   gcc's empty struct.
   0; or raises as libffi_type_struct().  GIL. */
static inline int libffi_type_define(PyObject *type, const libffi_member *members,
                                     Py_ssize_t nmembers, unsigned pack, unsigned align)
{
    return LIBFFI_API_TABLE->type_define(type, members, nmembers, pack, align);
}

/* The type of a bit-field member: c.bits(base, width); width 0 is C's `: 0`.
   New; raises TypeError, ValueError, BadTypedef.  GIL. */
static inline PyObject *libffi_type_bits(PyObject *base, int width)
{
    return LIBFFI_API_TABLE->type_bits(base, width);
}

/* The type of a pointer to a function of that CIF: c.func(cif).  New; raises TypeError.  GIL. */
static inline PyObject *libffi_type_function(PyObject *cif)
{
    return LIBFFI_API_TABLE->type_function(cif);
}

/* The type whose values are members of a Python enum: c.enum(cls, base); `base` NULL is int.
   New; raises TypeError, BadTypedef.  GIL. */
static inline PyObject *libffi_type_enum(PyObject *cls, PyObject *base)
{
    return LIBFFI_API_TABLE->type_enum(cls, base);
}

/* Parameter types: c.ref(item), a pointer to a copy of the value given; c.out(item), which the call allocates and
   returns; c.inout(item), both.  API version 3.  New; raises TypeError, BadTypedef.  GIL. */
static inline PyObject *libffi_type_ref(PyObject *item)
{
    return LIBFFI_API_TABLE->type_reference(LIBFFI_KIND_REF, item);
}

static inline PyObject *libffi_type_out(PyObject *item)
{
    return LIBFFI_API_TABLE->type_reference(LIBFFI_KIND_OUT, item);
}

static inline PyObject *libffi_type_inout(PyObject *item)
{
    return LIBFFI_API_TABLE->type_reference(LIBFFI_KIND_INOUT, item);
}

/* A long double whose values are Decimals: c.exact(item).  API version 3.  New; raises TypeError.  GIL. */
static inline PyObject *libffi_type_exact(PyObject *item)
{
    return LIBFFI_API_TABLE->type_exact(item);
}

/* Describe a type in *info, whose pointers are borrowed from `type`.  0; or raises
   TypeError.  GIL. */
static inline int libffi_type_look(PyObject *type, libffi_type_info *info)
{
    return LIBFFI_API_TABLE->type_look(type, info, sizeof *info);
}

/* Describe one member of a struct or union (members of anonymous ones count as its own),
   borrowed from `type`.  0; or raises TypeError, IndexError.  GIL. */
static inline int libffi_type_field(PyObject *type, Py_ssize_t index, libffi_field_info *info)
{
    return LIBFFI_API_TABLE->type_field(type, index, info, sizeof *info);
}

/* ---- CIFs ---- */

/* Make a CIF of libffi.Types, or find it, which takes no Python code.  `nfixed` -1: a plain signature; else one call of
   a variadic function with so many fixed arguments, the rest already promoted as C does
   (int or double at least).  `abi`: libffi_abi_default() or another.  The arguments array
   is not kept.  New; raises BadTypedef, BadABI, BadArgType, TypeError.  GIL. */
static inline PyObject *libffi_cif_new(PyObject *result, PyObject *const *arguments,
                                       Py_ssize_t nargs, Py_ssize_t nfixed, int abi)
{
    return LIBFFI_API_TABLE->cif_new(result, arguments, nargs, nfixed, abi);
}

/* The same from `enum libffi_code`s.  New; raises.  GIL. */
static inline PyObject *libffi_cif_from_codes(int result, const int *arguments, Py_ssize_t nargs,
                                              Py_ssize_t nfixed, int abi)
{
    return LIBFFI_API_TABLE->cif_from_codes(result, arguments, nargs, nfixed, abi);
}

/* What calls need of a libffi.CIF object.  Borrowed from `cif`: keep the object for as long
   as you call.  Raises TypeError, also for a prototype with `...`, which no single call can
   be made of: use libffi_cif_new() for each list of extra types.  GIL. */
static inline const libffi_cif *libffi_cif_get(PyObject *cif)
{
    return LIBFFI_API_TABLE->cif_get(cif);
}

/* The type of an argument from 0, or of the result: index -1.  Borrowed from the CIF; raises
   IndexError.  GIL. */
static inline PyObject *libffi_cif_type(const libffi_cif *cif, Py_ssize_t index)
{
    return LIBFFI_API_TABLE->cif_type(cif, index);
}

/* ---- calls ----

   `arguments` has the address of each argument, as wide and aligned as its type; its
   entries may be changed (libffi before 3.7 does, for large structs): write them for each
   call.  `result` has room for cif->result_size bytes, aligned for the type, or is NULL
   if nobody asks for it.  An integer result narrower than an ffi_arg (a machine word) comes extended to one. */

/* Call: libffi's own entry, nothing around it.  No GIL.  If you hold the GIL it stays held;
   other threads wait, and what `function` calls back gets it without waiting.
   Exceptions of Python closures below it go to the libffi_leave() or libffi_invoke() around
   it, else to the Python call of this package that runs on this thread, else to
   sys.unraisablehook. */
static inline void libffi_call(const libffi_cif *cif, libffi_function function, void *result,
                               void **arguments)
{
    cif->invoke(cif->prepared, function, result, arguments);
}

/* Of libffi_call() and libffi_call_exchange(): a longjmp() or a C++ exception may leave them, as
   there is nothing around them to undo.  Not so libffi_invoke(), libffi_invoke_exchange() and what
   is between libffi_enter() and libffi_leave(): with the GIL, errno and exceptions in their hands
   they must end.  One that did not is noticed by the next of them on the thread, which returns -1
   with a RuntimeError. */

/* The same with arguments and result in one exchange block: cif->exchange_size bytes, aligned
   to cif->exchange_alignment, with the result at offset 0 and each argument at
   cif->exchange_offsets[1 + i]. Every slot is at least an ffi_arg wide; arguments are read at
   their own width from its start.  No GIL. */
static inline void libffi_call_exchange(const libffi_cif *cif, libffi_function function, void *block)
{
    void *arguments[8];
    unsigned i;
    if (cif->nargs > 8) {
        LIBFFI_API_TABLE->call_exchange(cif, function, block);
        return;
    }
    for (i = 0; i < cif->nargs; ++i)
        arguments[i] = (char *)block + cif->exchange_offsets[i + 1];
    cif->invoke(cif->prepared, function, block, arguments);
}

/* Call as Python calls: flags as of enum libffi_flags, exceptions collected.
   0; or raises what a Python closure raised below it or what C code has set, after C has
   returned (the result is there all the same).  GIL. */
static inline int libffi_invoke(const libffi_cif *cif, libffi_function function, void *result,
                                void **arguments, int flags)
{
    return LIBFFI_API_TABLE->invoke(cif, function, result, arguments, flags);
}

/* The same with an exchange block.  GIL. */
static inline int libffi_invoke_exchange(const libffi_cif *cif, libffi_function function, void *block,
                                         int flags)
{
    return LIBFFI_API_TABLE->invoke_exchange(cif, function, block, flags);
}

/* Around many libffi_call()s on one thread: enter releases the GIL and sets errno by `flags`,
   leave takes the GIL back and raises the first exception of Python closures in between.
   Fences nest like calls; *fence is yours and must not move.  GIL, for both: leave wants
   none only where enter released it. */
static inline void libffi_enter(libffi_fence *fence, int flags)
{
    LIBFFI_API_TABLE->enter(fence, flags);
}

/* 0; or raises. */
static inline int libffi_leave(libffi_fence *fence)
{
    return LIBFFI_API_TABLE->leave(fence);
}

/* ---- closures ---- */

/* A C function pointer that runs `handler` with `user`: libffi's closure, no Python on its
   path.  It keeps `cif` alive.  Free it with libffi_closure_free(); nothing else does.
   Raises BadTypedef, MemoryError.  GIL. */
static inline libffi_closure *libffi_closure_new(PyObject *cif, libffi_handler handler, void *user)
{
    return LIBFFI_API_TABLE->closure_new(cif, handler, user);
}

/* What C calls.  Borrowed from the closure.  No GIL. */
static inline libffi_function libffi_closure_code(const libffi_closure *closure)
{
    return LIBFFI_API_TABLE->closure_code(closure);
}

/* A closure whose responder gets the closure itself, and that may be retargeted.  Everything else is as with
   libffi_closure_new(), and a call costs two loads more.  API version 3.  Raises BadTypedef, MemoryError.  GIL. */
static inline libffi_closure *libffi_closure_make(PyObject *cif, libffi_responder responder, void *user)
{
    return LIBFFI_API_TABLE->closure_make(cif, responder, user);
}

/* The signature of a closure, and the `user` that it has now.  API version 3.  Borrowed from the closure.  No GIL. */
static inline const libffi_cif *libffi_closure_cif(const libffi_closure *closure)
{
    return LIBFFI_API_TABLE->closure_cif(closure);
}

static inline void *libffi_closure_user(const libffi_closure *closure)
{
    return LIBFFI_API_TABLE->closure_user(closure);
}

/* Let another responder answer, at the same address: calls that come see it and its `user` together, those that run
   end with the old ones.  Each time costs three words until the closure is freed.  0, or -1: it is not one of
   libffi_closure_make(), or there is no memory; nothing is raised.  API version 3.  No GIL. */
static inline int libffi_closure_retarget(libffi_closure *closure, libffi_responder responder, void *user)
{
    return LIBFFI_API_TABLE->closure_retarget(closure, responder, user);
}

/* Free at once, NULL too.  No call may run in it or come later: unlike those of Python
   callables it does not go through a quarantine.  No GIL since API version 3, and also when Python has ended. */
static inline void libffi_closure_free(libffi_closure *closure)
{
    LIBFFI_API_TABLE->closure_free(closure);
}

/* A libffi.Closure of a Python callable: CIF.closure(callable).  C may call its address
   (libffi_address) from any thread as long as the object lives; later calls raise
   ClosureExpired.  New; raises.  GIL. */
static inline PyObject *libffi_closure_from_callable(PyObject *cif, PyObject *callable)
{
    return LIBFFI_API_TABLE->closure_from_callable(cif, callable);
}

/* ---- values ---- */

/* The address that `value` stands for where C wants a void *: a Closure, Function, Memory,
   Pointer, int or None (NULL).  Borrowed from `value`.  0; or raises TypeError, ValueError
   for closed memory.  GIL. */
static inline int libffi_address(PyObject *value, void **address)
{
    return LIBFFI_API_TABLE->address(value, address);
}

/* Convert a Python value to a C `type` at `where` (type size bytes, any alignment), by the
   rules of calls.  0; or raises ArgumentError, which is a TypeError, OverflowError or ValueError too.
   Pointers: *keep becomes NULL, or a new reference that must live as long as C may follow
   what was stored; with `keep` NULL, values that would need it raise TypeError.  GIL. */
static inline int libffi_store(PyObject *type, void *where, PyObject *value, PyObject **keep)
{
    return LIBFFI_API_TABLE->store(type, where, value, keep);
}

/* The Python value of the C `type` at `where` (any alignment).  Structs and arrays are copied.
   New; raises.  GIL. */
static inline PyObject *libffi_load(PyObject *type, const void *where)
{
    return LIBFFI_API_TABLE->load(type, where);
}

/* libffi_store() to a closure handler's `result`: widened to an ffi_arg.  GIL. */
static inline int libffi_store_result(const libffi_cif *cif, void *result, PyObject *value,
                                      PyObject **keep)
{
    return LIBFFI_API_TABLE->store_result(cif, result, value, keep);
}

/* libffi_load() of a call's `result`, which is an ffi_arg where the type is narrower; it may
   be overwritten.  New; raises.  GIL. */
static inline PyObject *libffi_load_result(const libffi_cif *cif, void *result)
{
    return LIBFFI_API_TABLE->load_result(cif, result);
}

/* ---- ABIs, features ---- */

/* FFI_DEFAULT_ABI.  No GIL. */
static inline int libffi_abi_default(void)
{
    return LIBFFI_API_TABLE->abi_default();
}

/* The number of an ABI by its name without FFI_ ("UNIX64", "DEFAULT").  1, or 0 where the
   platform has none of that name.  No GIL. */
static inline int libffi_abi_find(const char *name, int *abi)
{
    return LIBFFI_API_TABLE->abi_find(name, abi);
}

/* Name and number of the platform's ABIs, one by one from 0; NULL after the last.
   Static.  No GIL. */
static inline const char *libffi_abi_name(Py_ssize_t index, int *abi)
{
    return LIBFFI_API_TABLE->abi_name(index, abi);
}

/* libffi.features(), a dict.  New; raises.  GIL. */
static inline PyObject *libffi_features(void)
{
    return LIBFFI_API_TABLE->features();
}

/* In a handler, or in C code that a call runs: hand the Python exception that is set over to the
   libffi_invoke(), libffi_leave() or Python call of this package that the code runs directly under
   on this thread, which raises it; without one, to sys.unraisablehook.  None is set afterwards.
   API version 2.  GIL. */
static inline void libffi_raise(void)
{
    LIBFFI_API_TABLE->raise();
}

/* ---- libraries, declarations.  API version 3. ---- */

/* A libffi.Library: Library(name), found as that finds it; NULL is the process.  It is closed by
   libffi_library_close() only.  New; raises LibraryNotFound, ValueError.  GIL. */
static inline PyObject *libffi_library_open(const char *name)
{
    return LIBFFI_API_TABLE->library_open(name);
}

/* The address of a function or variable, as long as the library is open.  Raises SymbolNotFound, ValueError for a
   closed library.  GIL. */
static inline void *libffi_library_symbol(PyObject *library, const char *name)
{
    return LIBFFI_API_TABLE->library_symbol(library, name);
}

/* Library.close().  0; or raises RuntimeError while it is in use.  GIL. */
static inline int libffi_library_close(PyObject *library)
{
    return LIBFFI_API_TABLE->library_close(library);
}

/* Library.declare(text): a dict of what the text declares, by name, and of tags as "struct name".  A function is its
   CIF, a type a libffi.Type, a constant its value, a variable its memory.  New; raises DeclarationError,
   SymbolNotFound.  GIL. */
static inline PyObject *libffi_declare(PyObject *library, const char *text)
{
    return LIBFFI_API_TABLE->declare(library, text);
}

/* ---- this thread.  API version 3.  No GIL. ---- */

/* What libffi.get_errno() gives: errno as the last call with LIBFFI_ERRNO left it, which nothing of this package or of
   Python changes in between; and what the next such call begins with. */
static inline int libffi_get_errno(void)
{
    return LIBFFI_API_TABLE->get_errno();
}

static inline void libffi_set_errno(int number)
{
    LIBFFI_API_TABLE->set_errno(number);
}

/* Is Python still there?  1: it is, the thread holds the GIL now, and the interpreter waits with its end until
   libffi_python_leave(), for two seconds at most.  0: it is not; go on without, and leave nothing.  On any thread,
   also one that Python never saw, or that holds the GIL already. */
static inline int libffi_python_enter(libffi_visit *visit)
{
    return LIBFFI_API_TABLE->python_enter(visit);
}

static inline void libffi_python_leave(libffi_visit *visit)
{
    LIBFFI_API_TABLE->python_leave(visit);
}

/* libffi's version, "3.8.0".  Static.  No GIL. */
static inline const char *libffi_version(void)
{
    return LIBFFI_API_TABLE->libffi_version();
}

#endif

#ifdef __cplusplus
}
#endif
#endif
