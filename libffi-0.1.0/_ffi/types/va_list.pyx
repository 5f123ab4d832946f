"""c.va_list: what a variadic function hands on of its arguments. C calls closures with one; none is made here."""


cdef dict VA_LIST_MEMBERS = {           # of those that are structs, passed by value
    c"a": (("__stack", "pointer"), ("__gr_top", "pointer"), ("__vr_top", "pointer"),
           ("__gr_offs", "int"), ("__vr_offs", "int")),
    c"l": (("__base", "pointer"), ("__offset", "int")),
}


cdef Type make_va_list():
    """Make what a parameter of that type is: mostly the address of something opaque, in a few ABIs a struct."""
    cdef Type made
    if VA_LIST_IS in VA_LIST_MEMBERS:
        made = struct("__va_list")
        made.define([(name, core_types[item]) for name, item in VA_LIST_MEMBERS[VA_LIST_IS]])
    else:
        made = ptr(struct("__va_list_tag"))
    made.info.is_va_list = True
    made.rebuild = (_va_list, ())
    return made


def _va_list():
    """Return c.va_list (for pickle)."""
    return va_list
