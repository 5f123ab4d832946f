"""Libraries as ffi.dlopen() wants them, on those of the core."""

for _name in dir(_os):
    if _name.startswith("RTLD_"):
        globals()[_name] = getattr(_os, _name)


@cython.final
cdef class CLibrary:
    """A library; functions that came of it keep it loaded."""
    cdef object library                 # None: closed
    cdef str name

    def __repr__(self):
        return f"<clibrary '{self.name}'>"

    cdef object symbol(self, str name):
        return self.opened().symbol(name)

    cdef object opened(self):
        with cython.critical_section(self):
            library = self.library
        if library is None:
            raise ValueError(f"library '{self.name}' has already been closed")
        return library

    def load_function(self, CType ctype not None, str name not None):
        """Return the function or variable of that name; AttributeError where there is none."""
        cdef __CDataOwnGC made
        if ctype.kind_number not in (FUNCTION, POINTER, ARRAY):
            raise TypeError(f"function or pointer or array cdata expected, got '{ctype.cname}'")
        if ctype.kind_number == ARRAY and ctype.item_count < 0:
            ctype = ctype.pointer_type
        library = self.opened()
        address = library.symbol(name)
        made = place(__CDataOwnGC.__new__(__CDataOwnGC), ctype, <char *><uintptr_t>address)
        made.length = ctype.item_count
        made.owner = library
        return made

    def read_variable(self, CType ctype not None, str name not None):
        """Return the value of a global variable."""
        return read(ctype, <char *><uintptr_t>self.symbol(name))

    def write_variable(self, CType ctype not None, str name not None, value):
        """Set a global variable."""
        store(ctype, <char *><uintptr_t>self.symbol(name), value)

    def close_lib(self):
        """Forget the library: it is unloaded when no function of it is left."""
        with cython.critical_section(self):
            self.library = None


def load_library(name, int flags=0):
    """Open a library by path or name, None: the process, or one that is open already by its handle."""
    cdef CLibrary made = CLibrary.__new__(CLibrary)
    if isinstance(name, _CDataBase):
        made.library = _Opened(cast_to_address(new_pointer_type(new_void_type()), name))
        made.name = show(<_CDataBase>name)
    else:
        made.library = _libffi.Library(name, mode=flags) if flags else _libffi.Library(name)
        made.name = str(made.library.path)
    return made


class _Opened:
    """A library that the program opened with dlopen(), which is not closed here."""

    def __init__(self, handle):
        self.handle = handle
        self.dlsym = _libffi.Library(None).function("dlsym", _c.pointer, [_c.pointer, _c.string])

    def symbol(self, name):
        found = self.dlsym(self.handle, name)
        if found is None:
            raise AttributeError(f"function/symbol '{name}' not found in the library at {hex(self.handle)}")
        return int(found)
