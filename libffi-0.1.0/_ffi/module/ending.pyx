"""An interpreter with an image of its own ends: what our variables hold of its objects goes, too."""

cdef extern from *:
    """
    /* Of Cython's own variables those that it never lets go of: the texts, in any case. */
    #ifdef FFIPY_CLEARS_STATE
    #define CLEAR_STATE() __pyx_m_clear(NULL)
    #else
    #define TEXTS __pyx_mstate_global->__pyx_string_tab
    #define CLEAR_STATE() for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; ++i) Py_CLEAR(TEXTS[i])
    #endif
    #define CLEAR_MODULE() Py_CLEAR(__pyx_m)
    """
    void CLEAR_STATE()
    void CLEAR_MODULE()


cdef void drop_objects_of_variables() noexcept:
    """Let go of objects of our own classes, while the code of these works."""
    global exact_longdouble, tracers, find_foreign, foreign_module, function_reducer, open_library, declare_in
    tracers, exact_longdouble = (), None
    find_foreign = foreign_module = function_reducer = open_library = declare_in = None
    for container in (core_types, interned, owners, needed_at_the_end, waiting, awaited_tasks, saved_from_collection):
        container.clear()


cdef void drop_state() noexcept:
    """Let go of all the rest: none of our code runs any more."""
    CLEAR_STATE()
    CLEAR_MODULE()


drop_own_objects, drop_constants = drop_objects_of_variables, drop_state
