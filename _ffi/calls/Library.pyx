"""Library: a loaded shared object."""

cdef extern from "dlfcn.h" nogil:
    void *dlopen(const char *, int)
    void *dlsym(void *, const char *)
    int dlclose(void *)
    const char *dlerror()
    int RTLD_LAZY, RTLD_NOW, RTLD_LOCAL


cdef class Library:
    """Load a shared object by exactly this file name; None is the process itself.

    Only close() unloads it: C may still run its code or hold its addresses when
    the object is collected. C: dlopen, dlsym, dlclose.
    """
    cdef void *handle
    cdef lifetime life
    cdef bint opened
    cdef readonly object path
    cdef readonly int mode
    cdef object __weakref__

    def __cinit__(self, *_, **__):
        self.life.pins = LIFETIME_CLOSED

    def __dealloc__(self):
        lifetime_free_library(&self.life)

    def __init__(self, path, mode=RTLD_LOCAL):
        cdef const char *name = NULL
        cdef int flags
        cdef void *handle
        cdef bint reopened
        if self.opened:             # what was handed out then must stay closed, if it is
            raise ValueError(f"this library was opened before: {self.path!r}")
        if path is not None:
            try:
                encoded = _os.fsencode(path)
            except TypeError:
                raise TypeError(f"Library() path: expected str, bytes, a path or None, "
                                f"got {type(path).__name__}") from None
            if b"\0" in encoded:
                raise ValueError(f"Library() path: embedded NUL in {path!r}")
            name = encoded
        if not isinstance(mode, int):
            raise TypeError(f"Library() mode: expected int, got {type(mode).__name__}")
        if not 0 <= mode <= INT_MAX:
            raise ValueError(f"Library() mode: {mode} is no combination of os.RTLD_ flags")
        flags = mode
        if not flags & (RTLD_LAZY | RTLD_NOW):
            flags |= RTLD_NOW       # dlopen wants one of them
        with nogil:
            handle = dlopen(name, flags)
        if handle == NULL:
            raise LibraryNotFound(dlopen_error(path))
        with cython.critical_section(self):
            reopened = self.opened  # by what the path or the library ran meanwhile, or another thread
            if not reopened:
                self.handle, self.path, self.mode, self.opened = handle, path, flags, True
                lifetime_open_library(&self.life)       # last: another thread may use it from now on
        if reopened:
            with nogil:
                dlclose(handle)
            raise ValueError(f"this library was opened before: {self.path!r}")

    @property
    def closed(self):
        """Return whether close() was called."""
        return not lifetime_is_open(&self.life)

    def close(self):
        """Unload the library; its functions and variables are ValueError from now on.

        Raises RuntimeError while a call into it is running or a buffer of its
        variables is exported.
        """
        done = lifetime_close(&self.life)
        if done == IN_USE:
            raise RuntimeError(f"{self!r} is in use by a running call or an exported buffer")
        if done == NOW_CLOSED:
            if FREE_THREADED:       # another thread may be reading a variable at this moment: this
                _sys._current_frames()      # stops all of them for a moment, where they run Python code
            with nogil:             # its destructors may wait for threads that call back
                dlclose(self.handle)

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def __repr__(self):
        return f"<libffi.Library {self.path!r}{' (closed)' if self.closed else ''}>"

    def symbol(self, name):
        """Return the address of a symbol; SymbolNotFound if there is none. C: dlsym."""
        return <uintptr_t>find_symbol(self, name)

    def function(self, name, restype, argtypes=(), *, abi=None, gil="release", errno=False,
                 errcheck=None):
        """Return the Function of that name and signature; see CIF.bind for the options."""
        cdef CIF cif = _cif(restype, argtypes, abi=abi)
        cdef Function function = bind_function(cif, <uintptr_t>find_symbol(self, name), name, self,
                                               gil, errno, errcheck)
        function.symbol = PyUnicode_FromObject(name)
        if errcheck is None:        # which may hold anything
            count_no_references(function)
        return function

    def variable(self, name, type, *, object const=False):
        """Return the memory of a variable; with `const`, read-only."""
        cdef Type item = need_type("Library.variable()", type)
        need_storage(item)
        return view_memory(item, find_symbol(self, name), self, &self.life, bool(const))


cdef void *find_symbol(Library library, name) except NULL:
    cdef const char *text
    cdef const char *error
    cdef void *address
    if not isinstance(name, str):
        raise TypeError(f"Library.symbol() name: expected str, got {type(name).__name__}")
    encoded = name.encode()
    if b"\0" in encoded:
        raise ValueError(f"Library.symbol() name: embedded NUL in {name!r}")
    text = encoded
    if not lifetime_pin(&library.life):
        raise ValueError(f"{name}: the library {library.path!r} is closed")
    with nogil:                     # waits for a library that another thread loads, and that may call back
        dlerror()
        address = dlsym(library.handle, text)
        error = dlerror()
    lifetime_unpin(&library.life)
    if address == NULL:
        where = "the process" if library.path is None else repr(library.path)
        raise SymbolNotFound(f"{where} has no symbol {name!r}"
                             + (f" ({error.decode('utf-8', 'replace')})" if error != NULL else ""))
    return address


cdef str dlopen_error(path):
    cdef const char *message = dlerror()
    if message == NULL:             # RTLD_NOLOAD has no words for it
        return f"{path}: is not loaded"
    return message.decode("utf-8", "replace")
