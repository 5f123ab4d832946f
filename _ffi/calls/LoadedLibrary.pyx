"""LoadedLibrary: a loaded shared object; what finds one by its short name is libffi.Library, made of it."""

cdef extern from "core.h" nogil:
    int LOADER_LOCAL
    int loader_flags(int)
    void *loader_open(const char *, int)
    void loader_close(void *)
    const char *loader_error()
    bint SYMBOL_VERSIONS
    void *loader_symbol(void *, const char *, const char *, const char **)
    bint is_in_an_image(const void *)
    bint has_more_rights_than_its_user()
    bint loader_has_without_file(const char *path)


cdef class LoadedLibrary:
    """Load a shared object by exactly this file name; None is the process itself.

    Only close() unloads it: C may still run its code or hold its addresses when
    the object is collected. C: dlopen, dlsym, dlvsym, dlclose.
    """
    cdef void *opened_as
    cdef lifetime life
    cdef bint opened
    cdef readonly object path
    cdef readonly int mode
    cdef tuple others               # of a linker script's objects those after the first
    cdef object __weakref__

    def __cinit__(self, *_, **__):
        self.life.pins = LIFETIME_CLOSED

    def __dealloc__(self):
        lifetime_free_library(&self.life)

    def __init__(self, path, mode=LOADER_LOCAL):
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
        flags = loader_flags(mode)
        PySys_Audit("libffi.dlopen", "O", <PyObject *>path)
        with nogil:
            handle = loader_open(name, flags)
        if handle == NULL:
            raise LibraryNotFound(open_error(path))
        with cython.critical_section(self):
            reopened = self.opened  # by what the path or the library ran meanwhile, or another thread
            if not reopened:
                self.opened_as, self.path, self.mode, self.opened = handle, path, flags, True
                lifetime_open_library(&self.life)       # last: another thread may use it from now on
        if reopened:
            with nogil:
                loader_close(handle)
            raise ValueError(f"this library was opened before: {self.path!r}")

    def _beside(self, libraries):
        """Look for symbols in these, too, of which it alone has the handles."""
        self.others = tuple([<LoadedLibrary?>library for library in libraries])

    @property
    def handle(self):
        """Return what dlopen returned, as a number; closed libraries have none."""
        if not lifetime_is_open(&self.life):
            raise ValueError(f"the library {self.path!r} is closed")
        return <uintptr_t>self.opened_as

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
                loader_close(self.opened_as)
            for library in self.others or ():
                library.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def __repr__(self):
        return f"<libffi.Library {self.path!r}{' (closed)' if self.closed else ''}>"

    def symbol(self, name, version=None):
        """Return the address of a symbol; SymbolNotFound if there is none. C: dlsym, dlvsym.

        With `version`, or as "name@version", that version of it and no other.
        """
        return <uintptr_t>find_symbol(self, with_version(name, version))

    def function(self, name, restype, argtypes=(), *, abi=None, gil="release", errno=False,
                 last_error=False, errcheck=None, convert=None, version=None):
        """Return the Function of that name and signature; see CIF.bind for the options.

        `version` is the symbol's, as of symbol().
        """
        name = with_version(name, version)
        cdef CIF cif = _cif(restype, argtypes, abi=abi)
        cdef void *address = find_symbol(self, name)
        cdef Function function = bind_function(cif, <uintptr_t>address, name.partition("@")[0], self,
                                               gil, errno, last_error, errcheck, convert)
        function.symbol = PyUnicode_FromObject(name)
        if errcheck is None and convert is None:    # which may hold anything
            count_no_references(function)
        return function

    def variable(self, name, type, *, object const=False):
        """Return the memory of a variable; with `const`, read-only."""
        cdef Type item = need_type("Library.variable()", type)
        need_maker(item)
        cdef void *address = find_symbol(self, name)
        if not is_in_an_image(address):
            raise TypeError(f"{name} is thread-local: no one memory is it; call a C function that returns its address")
        return view_memory(item, address, self, &self.life, bool(const))


cdef void *find_symbol(LoadedLibrary library, name) except NULL:
    cdef const char *text
    cdef const char *wanted = NULL
    cdef const char *error
    cdef void *address
    if not isinstance(name, str):
        raise TypeError(f"Library.symbol() name: expected str, got {type(name).__name__}")
    plain, at, version = name.partition("@")
    encoded, encoded_version = plain.encode(), version.removeprefix("@").encode()
    if "\0" in name:
        raise ValueError(f"Library.symbol() name: embedded NUL in {name!r}")
    text = encoded
    if at:
        if not SYMBOL_VERSIONS:
            raise SymbolNotFound(f"{name}: symbols have no versions on this system")
        wanted = encoded_version
    PySys_Audit("libffi.dlsym", "OO", <PyObject *>library, <PyObject *>name)
    if not lifetime_pin(&library.life):
        raise ValueError(f"{name}: the library {library.path!r} is closed")
    try:
        with nogil:                 # waits for a library that another thread loads, and that may call back
            address = loader_symbol(library.opened_as, text, wanted, &error)
        if address == NULL and library.others is not None:
            address = find_in_others(library.others, text, wanted)
    finally:
        lifetime_unpin(&library.life)
    if address == NULL:
        where = "the process" if library.path is None else repr(library.path)
        raise SymbolNotFound(f"{where} has no symbol {name!r}"
                             + (f" ({error.decode('utf-8', 'replace')})" if error != NULL else ""))
    return address


cdef void *find_in_others(tuple others, const char *text, const char *wanted) noexcept:
    cdef const char *error
    cdef void *address = NULL
    cdef LoadedLibrary other
    for other in others:
        if address == NULL and lifetime_pin(&other.life):
            with nogil:
                address = loader_symbol(other.opened_as, text, wanted, &error)
            lifetime_unpin(&other.life)
    return address


cdef object with_version(name, version):
    """Return a symbol's name with the version that is asked for, as binutils write it."""
    if version is None:
        return name
    if not isinstance(version, str):
        raise TypeError(f"Library.symbol() version: expected str, got {type(version).__name__}")
    return f"{name}@{version}"


def _trusts_environment():
    """Return whether the environment may say where libraries are."""
    return not has_more_rights_than_its_user()


def _loader_has_without_file(path):
    """Say whether the loader has a file of this path that need not be on the disk."""
    return loader_has_without_file(path.encode("utf-8", "surrogateescape"))


cdef str open_error(path):
    cdef const char *message = loader_error()
    if message == NULL:             # RTLD_NOLOAD has no words for it
        return f"{path}: is not loaded"
    return message.decode("utf-8", "replace")
