"""Which closures live, and how many of those that do not are kept."""


def closures():
    """Return the live closures, oldest first: what to look at when there are ever more of them.

    Looks through the garbage collector's objects, so that making a closure costs nothing
    more; what gc.freeze() put aside is not found.
    """
    import gc
    found = [one for one in gc.get_objects() if type(one) is Closure and is_live(one)]
    return sorted(found, key=_made)


def _made(Closure closure not None):
    return need_block(closure).made


def closure_quarantine(limit=None):
    """Return how many expired closures are kept before others take their addresses; set it.

    A late call to one of them raises ClosureExpired. After that its address, about 300
    bytes, waits for the next closure of the same CIF. As many again are kept of CIFs that are
    gone; only what is older goes back to libffi.
    """
    global quarantine_limit
    previous = quarantine_limit
    if limit is not None:
        if limit < 0:
            raise ValueError(f"closure_quarantine(): expected a count, got {limit}")
        quarantine_limit = limit
        trim_quarantine()
    return previous
