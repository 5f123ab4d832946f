"""What happens as the garbage collector begins and ends."""


cdef int call_at_collections(function) except -1:
    """Have the collector call `function(phase, info)`."""
    import gc
    if not any([one is function for one in gc.callbacks]):
        gc.callbacks.append(function)
    return 0


def _at_its_beginning(phase, info):
    if phase == "start":
        empty_nursery()


cdef int have_nursery_emptied() except -1:
    return call_at_collections(_at_its_beginning)
