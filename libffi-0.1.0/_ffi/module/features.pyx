"""What this build and this libffi can do."""


def features():
    """Return a dict of what the linked libffi and this build have.

    C: ffi_get_version, ffi_get_version_number, ffi_get_default_abi, ffi_get_closure_size.
    """
    names = []
    cdef const named_abi *entry = abi_names
    while entry.name != NULL:
        names.append(entry.name.decode().removeprefix("FFI_"))
        entry += 1
    return {
        "version": libffi_version().decode(),
        "version_number": libffi_version_number(),
        "build_version": FFIPY_BUILD_VERSION.decode(),
        "linkage": FFIPY_LINKAGE.decode(),
        "patches": tuple(FFIPY_PATCHES.decode().split()),
        "default_abi": get_abi().DEFAULT.name,
        "abis": tuple(names),
        "call_plan": bool(FFIPY_HAVE_CALL_PLAN),
        "int128": (<Type>core_types["int128"]).info.ffi != NULL,
        "complex": (<Type>core_types["complex_double"]).info.ffi != NULL,
        "vectors": VECTOR_TYPE != 0,
        "static_trampolines": bool(closures_are_indirect()),
        "go_closures": bool(FFIPY_HAVE_GO),
        "raw_api": bool(FFIPY_HAVE_RAW),
        "native_raw_api": bool(FFI_NATIVE_RAW_API),
        "closure_size": core_closure_size(),
        "pointer_size": sizeof(void *),
        "long_double": long_double_format().decode(),
        "byteorder": _sys.byteorder,
        "char_signed": bool(CHAR_IS_SIGNED),
        "wchar_signed": bool(WCHAR_IS_SIGNED),
    }
