"""Callables that run elsewhere: C does not wait for them."""


@cython.final
@cython.internal
cdef class Dispatcher:
    """What C calls in place of a callable that runs elsewhere: dispatch(callable, *arguments)."""
    cdef readonly object callable, dispatch
    cdef object run                 # the callable, and what it returns awaited; C's return no coroutines

    def __call__(self, *args):
        need_stack(0)
        put = getattr(self.dispatch, "put_nowait", None)
        if put is not None:
            from functools import partial
            put(partial(self.run, *args))
            return
        future = self.dispatch(self.run, *args)
        watch = getattr(future, "add_done_callback", None)
        if watch is not None:       # nobody else looks at its exception
            watch(_report_future)


@cython.final
@cython.internal
cdef class Awaiter:
    """Call a callable; see a coroutine that it returns through: by the event loop that runs here, or one of its own."""
    cdef readonly object __wrapped__

    def __cinit__(self, callable):
        self.__wrapped__ = callable

    def __call__(self, *args):
        need_stack(0)
        coroutine = self.__wrapped__(*args)
        if not PyCoro_CheckExact(coroutine):
            return coroutine
        import asyncio
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:        # on a thread of an executor's
            return asyncio.run(coroutine)
        task = loop.create_task(coroutine)
        awaited_tasks.add(task)     # the loop itself holds it weakly
        task.add_done_callback(_end_awaited)


cdef set awaited_tasks = set()


def _end_awaited(task):
    awaited_tasks.discard(task)
    _report_future(task)


cdef extern from "Python.h":
    bint PyCFunction_Check(object)
    bint PyCoro_CheckExact(object)
    PyTypeObject *Py_TYPE(object)
    bint PyType_HasFeature(PyTypeObject *, unsigned long)
    unsigned long Py_TPFLAGS_HEAPTYPE


cdef bint is_coroutine_function(callable):
    code = code_of(callable)
    if code is None and PyType_HasFeature(Py_TYPE(callable), Py_TPFLAGS_HEAPTYPE):      # the others' are in C
        code = code_of(getattr(type(callable), "__call__", None))
    return code is not None and <int>code.co_flags & 0x80        # inspect.CO_COROUTINE


cdef int check_runs_at_once(name, callable) except -1:
    if is_coroutine_function(callable):
        raise TypeError(f"closure {name}: C does not await what a coroutine function returns; "
                        "have it run elsewhere (dispatch=loop.call_soon_threadsafe)")
    return 0


cdef Dispatcher make_dispatcher(callable, dispatch):
    cdef Dispatcher dispatcher = Dispatcher.__new__(Dispatcher)
    dispatcher.callable, dispatcher.dispatch = callable, dispatch
    dispatcher.run = callable if PyCFunction_Check(callable) else Awaiter.__new__(Awaiter, callable)
    return dispatcher


cdef object plain_callable(callable):
    return (<Dispatcher>callable).callable if type(callable) is Dispatcher else callable


def _report_future(future):
    exception = None if future.cancelled() else future.exception()
    if isinstance(exception, BaseException):
        report_unraisable(exception, future)


cdef int check_dispatch(CIF cif, name, dispatch) except -1:
    if cif.state.result_kind != K_VOID:
        raise TypeError(f"closure {name} dispatch: C does not wait, so the result must be void")
    need_stack(0)
    if not (PyCallable_Check(dispatch) or hasattr(dispatch, "put_nowait")):
        raise TypeError(f"closure {name} dispatch: expected a callable or a queue, "
                        f"got {type(dispatch).__name__}")
    return 0
