/* For extensions of the tests: a module NAME that any interpreter may import, with methods[] and execute(). */
#ifndef IN_ANY_INTERPRETER_H
#define IN_ANY_INTERPRETER_H

#include <Python.h>

#ifdef Py_mod_multiple_interpreters
#define OWN_GIL {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#else
#define OWN_GIL
#endif

#define MODULE_IN_ANY_INTERPRETER(NAME, STATE_SIZE) \
    static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)execute}, OWN_GIL{0, NULL}}; \
    static struct PyModuleDef module = { \
        PyModuleDef_HEAD_INIT, \
        #NAME, \
        NULL, \
        STATE_SIZE, \
        methods, \
        slots, \
        NULL, \
        NULL, \
        NULL, \
    }; \
    PyMODINIT_FUNC PyInit_##NAME(void); \
    PyMODINIT_FUNC PyInit_##NAME(void) \
    { \
        return PyModuleDef_Init(&module); \
    }

#endif
