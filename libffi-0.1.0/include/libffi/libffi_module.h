/* An extension module of Cython's in every interpreter, also in those with a GIL of their own: each has a copy of the
   extension's shared object, as each has of this package (docs/guide/interpreters.md).

   For a module `fast`, whatever its package, write before all other Cython:

     cdef extern from *:
         """
         #define LIBFFI_MODULE fast
         #include "libffi/libffi_module.h"
         #define PyInit_fast libffi_module_made
         """

   Linux; elsewhere the main interpreter has it.  The copy is unloaded after its interpreter's end: of the extension's C
   only handlers of libffi's closures may be called later, which it then does not hear of. */
#ifndef LIBFFI_MODULE_H
#define LIBFFI_MODULE_H

#include <Python.h>

/* What CPython is given, and what Cython made. */
typedef struct {
    PyModuleDef def;
    PyModuleDef made;
    PyModuleDef_Slot slots[10];
} libffi_module;

#if PY_VERSION_HEX >= 0x030C0000
#define LIBFFI_MODULE_OWN_GIL {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#else
#define LIBFFI_MODULE_OWN_GIL
#endif
#ifdef Py_GIL_DISABLED
#define LIBFFI_MODULE_NO_GIL {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#else
#define LIBFFI_MODULE_NO_GIL
#endif

/* The slots of a module that any interpreter may have. */
#define LIBFFI_MODULE_SLOTS(create, execute) \
    { \
        {Py_mod_create, (void *)(create)}, {Py_mod_exec, (void *)(execute)}, \
            LIBFFI_MODULE_OWN_GIL LIBFFI_MODULE_NO_GIL { 0, NULL } \
    }

/* Let `made` be for any interpreter. */
static void libffi_module_for_any(libffi_module *module, const PyModuleDef *made)
{
    int n = 0;
    const PyModuleDef_Slot *slot;

    if (module->made.m_slots != NULL)
        return;
    for (slot = made->m_slots; slot->slot != 0; ++slot)
        module->slots[n++] = *slot;
#if PY_VERSION_HEX >= 0x030C0000
    module->slots[n].slot = Py_mod_multiple_interpreters;
    module->slots[n].value = Py_MOD_PER_INTERPRETER_GIL_SUPPORTED;
#endif
    module->made = *made;
    module->made.m_slots = module->slots;
}

#ifdef LIBFFI_MODULE

#include "libffi/libffi_api.h"

#define LIBFFI_MODULE_JOIN_(a, b) a##b
#define LIBFFI_MODULE_JOIN(a, b) LIBFFI_MODULE_JOIN_(a, b)
#define LIBFFI_MODULE_TEXT_(a) #a
#define LIBFFI_MODULE_TEXT(a) LIBFFI_MODULE_TEXT_(a)
#define LIBFFI_MODULE_INIT LIBFFI_MODULE_JOIN(PyInit_, LIBFFI_MODULE)

/* Cython's, which knows of one interpreter. */
#define CYTHON_NO_PYINIT_EXPORT
PyObject *libffi_module_made(void);
PyMODINIT_FUNC LIBFFI_MODULE_INIT(void);

/* That of this interpreter, in a copy of this shared object if need be.  NULL raises ImportError. */
static libffi_module *libffi_module_here(void)
{
    const libffi_api *api = libffi_find_api();
    PyObject *(*init)(void) = LIBFFI_MODULE_INIT;
    void *found = api == NULL ? NULL
                              : api->copy_here((void *)init, LIBFFI_MODULE_TEXT(LIBFFI_MODULE_INIT));
    if (found == NULL)
        return NULL;
    return (libffi_module *)((PyObject *(*)(void))found)();
}

static PyObject *libffi_module_create(PyObject *spec, PyModuleDef *def)
{
    libffi_module *here = libffi_module_here();
    (void)def;
    return here == NULL ? NULL : PyModule_FromDefAndSpec(&here->made, spec);
}

static int libffi_module_execute(PyObject *module)
{
    libffi_module *here = libffi_module_here();
    return here == NULL ? -1 : PyModule_ExecDef(module, &here->made);
}

static PyModuleDef_Slot libffi_module_slots[] = LIBFFI_MODULE_SLOTS(libffi_module_create, libffi_module_execute);

static libffi_module libffi_own_module = {
    .def = {PyModuleDef_HEAD_INIT, .m_name = LIBFFI_MODULE_TEXT(LIBFFI_MODULE), .m_slots = libffi_module_slots},
};

PyMODINIT_FUNC LIBFFI_MODULE_INIT(void)
{
    PyModuleDef *made = (PyModuleDef *)libffi_module_made();
    if (made == NULL)
        return NULL;
    libffi_module_for_any(&libffi_own_module, made);
    return PyModuleDef_Init(&libffi_own_module.def);
}

#endif
#endif
