/* Each interpreter has an image of its own: this shared object or a copy of it.

   What CPython loads is the first image.  It is the main interpreter's; another one, and a main interpreter that was
   started after that had ended, gets a copy, which the first image loads, knows, and unloads when its interpreter is
   gone.  So types, caches, settings and thread-locals are an interpreter's by construction, and a call looks for
   nothing. */
#ifndef FFIPY_MODULE_INTERPRETERS_H
#define FFIPY_MODULE_INTERPRETERS_H

#include <Python.h>

#include "base/compiler.h"
#include "base/interpreter.h"
#include "base/os/copies.h"
#include "base/os/threads.h"
#include "calls/watched.h"
#include "closures/guests.h"
#include "closures/threads.h"
#include "libffi/closures.h"
#include "libffi/libffi_module.h"
#include "module/ending.h"

/* Cython's, which knows of one interpreter. */
#define CYTHON_NO_PYINIT_EXPORT
PyObject *libffi_cython_init(void);
PyMODINIT_FUNC PyInit__ffi(void);

/* A copy of another extension, which goes with the image of the interpreter that it is for. */
typedef struct companion {
    struct companion *next;
    void *symbol;                   /* in the original, which the copy stands for ... */
    void *copied;                   /* ... and in the copy */
    void *copy;
} companion;

/* What images see of each other: they are copies of one file. */
typedef struct image {
    libffi_module module;           /* for CPython: PyInit__ffi() returns its address */
    address_range range;
    const closure_host **host;
    door_list *doors;
    int *has_to_stay;
    companion **companions;
    unsigned long *serial;
    int (*watch_end)(void);
    void (*leave)(void);            /* before it is unloaded */
    /* ---- the rest is written by the first image, under its lock, but for `ended` ---- */
    struct image *next;             /* among those in use, or whose interpreter has ended */
    void *copy;                     /* NULL: this is the first one */
    PyInterpreterState *interpreter;
    int64_t id;
    int ended;
} image;

static image own;

/* ---- in the first image ---- */

static process_lock images_lock = PROCESS_LOCK_INIT;
static image *images;
static unsigned long last_serial;
static door_list old_doors;             /* of images that are gone: C may have their closures' addresses */

static int64_t interpreter_at(const void *address);

static const closure_host hosts = {
    .obtain = obtain_closure,
    .give_back = give_closure_back,
    .prepare = prepare_closure,
#if RAW_CLOSURES
    .prepare_raw = prepare_raw_closure,
#endif
    .enter = enter_door,
    .lock = &images_lock,
    .copy = open_copy,
    .interpreter_at = interpreter_at,
#if KEEPS_GUESTS
    .guests = &first_book,
#endif
};

static int is_at_its_end(const image *one)
{
    return __atomic_load_n(&one->ended, __ATOMIC_ACQUIRE);
}

/* Is it still there, at its end maybe?  Main interpreters have all the same number, and one address. */
static int is_there(const image *one)
{
    PyInterpreterState *other;
    for (other = PyInterpreterState_Head(); other != NULL; other = PyInterpreterState_Next(other))
        if (other == one->interpreter && PyInterpreterState_GetID(other) == one->id)
            return other != PyInterpreterState_Main() || !is_at_its_end(one) || python_is_finalizing();
    return 0;
}

static void close_companions(companion **at)
{
    companion *one;
    while ((one = *at) != NULL) {
        *at = one->next;
        close_copy(one->copy);
        free(one);
    }
}

/* Unload copies whose interpreters are gone, unless something is still in them. */
static void unload_images(void)
{
    image **at = &images, *one;
    while ((one = *at) != NULL) {
        if (one->copy == NULL || !is_at_its_end(one) || *one->has_to_stay
            || is_there(one) || close_doors(one->doors)) {
            at = &one->next;
            continue;
        }
        *at = one->next;
        while (one->doors->first != NULL) {
            door *d = one->doors->first;
            unlist_door(d);
            list_door(&old_doors, d);
        }
        one->leave();
        close_companions(one->companions);
        close_copy(one->copy);
    }
}

/* The number of the interpreter in whose image an address is, or -1.  No GIL needed. */
static int64_t interpreter_at(const void *address)
{
    const image *one;
    int64_t id = -1;

    lock_process(&images_lock);
    for (one = images; one != NULL; one = one->next)
        if (is_in_range(one->range, address))
            id = one->id;
    unlock_process(&images_lock);
    return id;
}

typedef PyObject *module_init(void);

static image *new_image(char *why, size_t room)
{
    void *copy;
    image *one;

    share_names(&own);
    copy = open_copy(&own, why, room);
    if (copy == NULL)
        return NULL;
    one = (image *)((module_init *)copied_symbol(copy, "PyInit__ffi"))();
    one->copy = copy;
    *one->host = &hosts;
    return one;
}

/* The image of this interpreter, which is one more of them if need be.  NULL raises ImportError. */
static image *image_here(void)
{
    PyInterpreterState *here = PyInterpreterState_Get();
    char why[512] = "";
    image *one;

    lock_process(&images_lock);
    unload_images();
    for (one = images; one != NULL; one = one->next)
        if (one->interpreter == here && is_there(one))
            break;
    if (one == NULL) {
        one = own.interpreter == NULL && here == PyInterpreterState_Main() ? &own : new_image(why, sizeof why);
        if (one != NULL) {
            *one->serial = ++last_serial;
            one->interpreter = here;
            one->id = PyInterpreterState_GetID(here);
            one->next = images;
            images = one;
        }
    } else if (is_at_its_end(one)) {
        one = NULL;
        PyOS_snprintf(why, sizeof why, "it is at its end");
    }
    unlock_process(&images_lock);
    if (one == NULL)
        PyErr_Format(PyExc_ImportError, "libffi: no copy of it for this interpreter: %s", why);
    return one;
}

static PyObject *create_module(PyObject *spec, PyModuleDef *def)
{
    image *one = image_here();
    (void)def;
    return one == NULL ? NULL : PyModule_FromDefAndSpec(&one->module.made, spec);
}

static int execute_module(PyObject *module)
{
    image *one = image_here();
    return one == NULL || one->watch_end() < 0 ? -1 : PyModule_ExecDef(module, &one->module.made);
}

/* ---- in each image ---- */

static companion *companions;

/* Under the lock, in a copy.  NULL with the reason in `why`. */
static companion *find_companion(void *symbol, const char *name, char *why, size_t room)
{
    companion *one;

    for (one = companions; one != NULL; one = one->next)
        if (one->symbol == symbol)
            return one;
    one = malloc(sizeof *one);
    if (one == NULL) {
        PyOS_snprintf(why, room, "out of memory");
        return NULL;
    }
    one->symbol = symbol;
    one->copied = NULL;
    one->copy = host->copy(symbol, why, room);
    if (one->copy != NULL && (one->copied = copied_symbol(one->copy, name)) == NULL) {
        PyOS_snprintf(why, room, "it has no %.100s", name);
        close_copy(one->copy);
    }
    if (one->copied == NULL) {
        free(one);
        return NULL;
    }
    one->next = companions;
    companions = one;
    return one;
}

/* `symbol`, or what it is in this interpreter's copy of its shared object.  NULL raises ImportError.  GIL. */
static void *copy_here(void *symbol, const char *name)
{
    char why[512] = "";
    companion *one;
    void *copied;

    if (own.copy == NULL)
        return symbol;
    lock_process(host->lock);
    one = find_companion(symbol, name, why, sizeof why);
    copied = one == NULL ? NULL : one->copied;
    unlock_process(host->lock);
    if (copied == NULL)
        PyErr_Format(PyExc_ImportError, "%s: no copy of its extension for this interpreter: %s", name, why);
    return copied;
}

#if PY_VERSION_HEX < 0x030C0000
static int is_in_a_copy(const void *address)
{
    const companion *one;
    for (one = companions; one != NULL; one = one->next)
        if (is_in_range(range_of(one->copied), address))
            return 1;
    return is_in_range(own.range, address);
}

/* Builtin classes, which all interpreters share, know their subclasses: let them forget those of a copy. */
static void forget_classes(PyTypeObject *base)
{
    PyObject *references = base->tp_subclasses == NULL ? NULL : PyDict_Values(base->tp_subclasses), *key;
    Py_ssize_t i;

    for (i = 0; references != NULL && i < PyList_GET_SIZE(references); ++i) {
        PyObject *class = PyWeakref_GET_OBJECT(PyList_GET_ITEM(references, i));
        if (!PyType_Check(class))
            continue;
        forget_classes((PyTypeObject *)class);
        if (is_in_a_copy(class) && (key = PyLong_FromVoidPtr(class)) != NULL) {
            if (PyDict_DelItem(base->tp_subclasses, key) < 0)
                PyErr_Clear();
            Py_DECREF(key);
        }
    }
    PyErr_Clear();
    Py_XDECREF(references);
}
#endif

#if DROPS_OBJECTS
/* The last of the interpreter's code has run. */
static void end_objects(void *unused)
{
    (void)unused;
    drop_objects(own.range);
    __atomic_store_n(&own.ended, 1, __ATOMIC_RELEASE);
}
#endif

/* The interpreter takes itself apart: nobody calls from Python any more, and C's calls end before they come here. */
static void end_image(PyObject *capsule)
{
    (void)capsule;
    if (own.copy != NULL) {
        __atomic_store_n(&own_house.finalizing, 1, __ATOMIC_SEQ_CST);
        forget_unfinished_calls();
        forget_watched(home);
        lock_process(host->lock);
        close_doors(&own_doors);
        unlock_process(host->lock);
#if PY_VERSION_HEX < 0x030C0000
        forget_classes(&PyBaseObject_Type);
#endif
#if DROPS_OBJECTS
        if (!has_to_stay && companions == NULL      /* those have objects of ours, and let them go when they like */
            && PyUnstable_AtExit(PyInterpreterState_Get(), end_objects, NULL) == 0)
            return;
        PyErr_Clear();
#endif
    }
    __atomic_store_n(&own.ended, 1, __ATOMIC_RELEASE);
}

/* Have end_image() called when the interpreter is so far.  0; -1 raises. */
static int watch_end(void)
{
    PyObject *dict = PyInterpreterState_GetDict(PyInterpreterState_Get());
    PyObject *capsule;
    int status;

    if (dict == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (PyDict_GetItemString(dict, "libffi._ffi") != NULL)
        return 0;
    capsule = PyCapsule_New(&own, NULL, end_image);
    status = capsule == NULL ? -1 : PyDict_SetItemString(dict, "libffi._ffi", capsule);
    Py_XDECREF(capsule);
    return status;
}

static PyModuleDef_Slot first_slots[] = LIBFFI_MODULE_SLOTS(create_module, execute_module);

static image own = {
    .module.def = {PyModuleDef_HEAD_INIT, .m_name = "_ffi", .m_slots = first_slots},
    .host = &host,
    .doors = &own_doors,
    .has_to_stay = &has_to_stay,
    .companions = &companions,
    .serial = &serial,
    .watch_end = watch_end,
    .leave = leave_threads,
};

/* In a child of fork() no other thread will open them. */
static void renew_locks(void)
{
    const process_lock open = PROCESS_LOCK_INIT;
    images_lock = open;
    renew_guests_lock();
}

PyMODINIT_FUNC PyInit__ffi(void)
{
    PyModuleDef *cython = (PyModuleDef *)libffi_cython_init();

    if (cython == NULL)
        return NULL;
    if (own.module.made.m_slots == NULL) {
        own.range = range_of(&own);
        after_fork_in_child(renew_locks);
    }
    libffi_module_for_any(&own.module, cython);
    drop_variables = cython->m_free;
    own.module.made.m_free = NULL;      /* the module is not the last that uses them */
    return PyModuleDef_Init(&own.module.def);
}
#define PyInit__ffi libffi_cython_init

#endif
