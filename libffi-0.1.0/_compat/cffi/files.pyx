"""Python files where C wants a FILE *."""

cdef extern from *:
    """
    #include <stdio.h>
    #ifdef _WIN32
    #include <io.h>
    #define dup _dup
    #define fdopen _fdopen
    #else
    #include <unistd.h>
    #endif

    /* A stream of its own over the same open file, without a buffer. */
    static FILE *open_stream(int descriptor, const char *mode)
    {
        int copy = dup(descriptor);
        FILE *stream = copy < 0 ? NULL : fdopen(copy, mode);
        if (stream != NULL)
            setbuf(stream, NULL);
        return stream;
    }
    """
    FILE *open_stream(int descriptor, const char *mode)


cdef bint is_file_pointer(CType ctype):
    return ctype.kind_number == POINTER and ctype.item_type.cname in ("FILE", "struct _IO_FILE")


@cython.final
cdef class _Stream:
    cdef FILE *stream

    def __dealloc__(self):
        if self.stream != NULL:
            fclose(self.stream)


cdef object _streams = _weakref.WeakKeyDictionary()


cdef char *file_address(object file) except NULL:
    """The FILE * of a Python file: one for its life, flushed before C has it."""
    cdef _Stream made
    if file.writable():
        file.flush()
    found = _streams.get(file)
    if found is None:
        mode = getattr(file, "mode", None)
        if not isinstance(mode, str):
            mode = ("r+b" if file.readable() else "wb") if file.writable() else "rb"
        made = _Stream.__new__(_Stream)
        made.stream = open_stream(file.fileno(), mode.encode())
        if made.stream == NULL:
            raise OSError(f"no FILE * can be had of {file!r}")
        _streams[file] = found = made
    return <char *>(<_Stream>found).stream
