"""Calls and callbacks under watch: what traces and crash reports are told of them."""

cdef enum:
    SEEN_TEXT = 48          # bytes of a string that are shown

cdef tuple tracers = ()
cdef bint crash_reports = False


@cython.final
@cython.trashcan(True)      # greenlets' calls may each be under the one before
cdef class TracedCall:
    """Describe a call into C, or a callback, that has ended, in C's words."""
    _made_by = "libffi.trace()"
    cdef readonly str kind              # "call", "callback" or "map"
    cdef readonly str name
    cdef readonly str arguments
    cdef readonly str result            # None: void, or it raised
    cdef readonly object exception      # or None
    cdef int error
    cdef readonly double began          # seconds of the monotonic clock
    cdef readonly double seconds
    cdef readonly unsigned long thread
    cdef readonly int depth
    cdef readonly TracedCall outer      # the one that it was under, or None
    cdef bytes report

    @property
    def errno(self):
        """Return C's errno after it, or 0 where there is nothing to say."""
        return self.error

    def __repr__(self):
        return f"<libffi.TracedCall {clipped(self.name, SHORT)}({clipped(self.arguments, ROOM)})>"


def add_tracer(tracer):
    """Have `tracer(traced_call)` called after each call and callback, on its thread."""
    global tracers
    tracers = (*tracers, tracer)
    watch_as_needed()


def remove_tracer(tracer):
    """Call that tracer no more."""
    global tracers
    left = list(tracers)
    left.remove(tracer)
    tracers = tuple(left)
    watch_as_needed()


def report_crashes(on):
    """Have fatal signals print which calls were under way, or not any more."""
    global crash_reports
    if on:
        enable_crash_reports()
    else:
        disable_crash_reports()
    crash_reports = on
    watch_as_needed()


cdef int watch_as_needed() except -1:
    on = crash_reports or debugging or len(tracers) > 0
    watch_functions(on)
    watch_closures(on)
    return 0


cdef object watch_begins(const watched_what *what, PyObject *outer, const char **report):
    cdef TracedCall event
    if debugging and what.mapped < 0:
        check_beforehand(what)
    event = TracedCall.__new__(TracedCall)
    event.kind = "callback" if what.is_callback else "map" if what.mapped >= 0 else "call"
    event.name = <str><object>what.name
    event.arguments = arguments_seen(what)
    event.thread = PyThread_get_thread_native_id()
    if outer != NULL:
        event.outer = <TracedCall><object>outer
        event.depth = event.outer.depth + 1
    if crash_reports:
        signature = spell_function(<CIF><object>what.cif.object, clipped(event.name, 2 * SHORT))
        event.report = f"  {event.kind} {event.name}({event.arguments})\n" \
                       f"    {shorten(signature)}\n".encode("utf-8", "backslashreplace")
        report[0] = event.report
    event.began = seconds_since(0)
    return event


cdef int watch_ends(event, const watched_what *what, const void *result, PyObject *exception, int error) except -1:
    cdef TracedCall ended = <TracedCall>event
    cdef PyObject *answer
    ended.seconds = seconds_since(ended.began)
    ended.error = error
    if exception != NULL:
        ended.exception = <object>exception
    elif result != NULL:
        ended.result = result_seen(what, result)
    for tracer in tracers:
        answer = PyObject_CallOneArg(tracer, ended)
        if answer == NULL:
            if not PyErr_ExceptionMatches(Exception):
                return -1
            PyErr_WriteUnraisable(tracer)
        Py_XDECREF(answer)
    if debugging and what.mapped < 0:
        check_afterwards(what, result)
    return 0


cdef str arguments_seen(const watched_what *what):
    cdef unsigned i
    cdef const argument *a
    if what.mapped == 0:
        return "of no items"
    parts = []
    for i in range(what.cif.nargs):
        a = &what.cif.args[i]
        parts.append("&..." if a.passing == K_OUT else argument_seen(a, <char *>what.values[i]))
    return ", ".join(parts) + (f"; and {what.mapped - 1} more" if what.mapped > 1 else "")


cdef str argument_seen(const argument *a, char *where):
    if a.passing == K_VOID:
        return c_value(a.type, where)
    where = <char *>read_address(where)
    return f"&{c_value(a.type, where)}" if where != NULL else "NULL"


cdef str result_seen(const watched_what *what, const void *result):
    """Return the result, and what out parameters hold."""
    cdef unsigned i
    cdef const argument *a
    cdef char word[16]
    cdef const type_info *type = what.cif.result
    if type.kind == K_VOID:
        seen = None
    elif is_word_kind(plain_type(type).kind) and type.size < FFI_SIZEOF_ARG:
        memcpy(word, result, FFI_SIZEOF_ARG)    # who loads the result narrows it himself
        narrow_result(type, word)
        seen = c_value(type, word)
    else:
        seen = c_value(type, <char *>result)
    if what.is_callback:
        return seen
    for i in range(what.cif.nargs):
        a = &what.cif.args[i]
        if a.passing == K_OUT or a.passing == K_INOUT:
            seen = f"{seen or 'void'}, argument {i + 1}: {argument_seen(a, <char *>what.values[i])}"
    return seen


cdef str c_value(const type_info *type, char *where):
    """Return a value as C would write it; texts are read where they can be."""
    cdef const type_info *plain = plain_type(type)
    if plain.kind == K_BOOL:
        return "true" if where[0] else "false"
    if plain.kind == K_CHAR:
        return c_quoted(where[:1], "'")
    if plain.kind == K_STRING or plain.kind == K_BYTES:
        return c_text(<char *>read_address(where))
    if plain.kind == K_FLOAT:       # as short as a float can be told from others
        return next(text for digits in range(6, 10)
                    for text in [f"{<double>(<float *>where)[0]:.{digits}g}"]
                    if <float>float(text) == (<float *>where)[0] or digits == 9)
    return look_at(type, where, ROOM)


cdef str c_text(char *text):
    cdef Py_ssize_t size = 0
    if text == NULL:
        return "NULL"
    while size < SEEN_TEXT:
        if (size == 0 or <uintptr_t>(text + size) % 4096 == 0) and not is_readable(text + size, 1):
            return f"{<uintptr_t>text:#x}"
        if text[size] == 0:
            return c_quoted(text[:size], '"')
        size += 1
    return c_quoted(text[:size], '"') + "..."


cdef str c_quoted(bytes text, str quote):
    try:
        seen, is_text = text.decode(), True
    except UnicodeDecodeError:
        seen, is_text = text.decode("latin-1"), False
    escaped = [f"\\{one}" if one == quote else
               one if one.isprintable() and one != "\\" and (is_text or one.isascii()) else
               one.encode("unicode_escape").decode() for one in seen]
    return f"{quote}{''.join(escaped)}{quote}"
