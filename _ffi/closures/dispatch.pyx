"""Callables that run elsewhere: C does not wait for them."""


@cython.final
@cython.internal
cdef class Dispatcher:
    """What C calls in place of a callable that runs elsewhere: dispatch(callable, *arguments)."""
    cdef readonly object callable, dispatch

    def __call__(self, *args):
        need_stack(0)
        put = getattr(self.dispatch, "put_nowait", None)
        if put is not None:
            from functools import partial
            put(partial(self.callable, *args))
            return
        future = self.dispatch(self.callable, *args)
        watch = getattr(future, "add_done_callback", None)
        if watch is not None:       # nobody else looks at its exception
            watch(_report_future)


cdef Dispatcher make_dispatcher(callable, dispatch):
    cdef Dispatcher dispatcher = Dispatcher.__new__(Dispatcher)
    dispatcher.callable, dispatcher.dispatch = callable, dispatch
    return dispatcher


cdef object plain_callable(callable):
    return (<Dispatcher>callable).callable if type(callable) is Dispatcher else callable


def _report_future(future):
    if not future.cancelled() and future.exception() is not None:
        unraisable(future.exception())


cdef void unraisable(exception) noexcept:
    raise exception


cdef int check_dispatch(CIF cif, name, dispatch) except -1:
    if cif.state.result_kind != K_VOID:
        raise TypeError(f"closure {name} dispatch: C does not wait, so the result must be void")
    if not (PyCallable_Check(dispatch) or hasattr(dispatch, "put_nowait")):
        raise TypeError(f"closure {name} dispatch: expected a callable or a queue, "
                        f"got {type(dispatch).__name__}")
    return 0
