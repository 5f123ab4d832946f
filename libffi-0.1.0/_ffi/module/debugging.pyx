"""Debug mode: what calls and callbacks are given, and what they did to it, compared with what is known of it."""

cdef extern from "base/os/loader.h":
    const void *address_of_free()
    const void *address_of_realloc()

cdef bint debugging = False


def debug_storage(on, pages=False, quarantine=0):
    """Begin or end debug mode; `quarantine` bytes are kept of what is freed."""
    global debugging
    cdef size_t limit = min(quarantine, PY_SSIZE_T_MAX)
    debugging = on
    check_storage(on, pages, limit)
    check_pointers(on)
    watch_as_needed()


def damaged_storage():
    """Return a MisuseError for each block that was written beside, or after it was freed; each is told once."""
    cdef Py_ssize_t i = 0
    found = []
    while True:
        try:
            next_damage(&i)
        except MisuseError as problem:
            found.append(problem)
        else:
            return found


cdef int check_beforehand(const watched_what *what) except -1:
    cdef unsigned i
    cdef Py_ssize_t at = 0
    cdef const argument *a
    cdef type_kind kind
    if what.address != NULL:        # an expired closure says so itself
        check_code(what.address, <CIF><object>what.cif.object, f"{called(what)} calls", True)
    for i in range(what.cif.nargs):
        a = &what.cif.args[i]
        given = None
        if what.objects != NULL and a.passing != K_OUT:
            given = <object>what.objects[at]
            at += 1
        kind = plain_type(a.type).kind
        if a.passing != K_VOID or not is_address_kind(kind) or kind == K_OBJECT or read_address(what.values[i]) == NULL:
            continue
        if kind == K_FUNCTION:
            check_function_argument(what, i, given)
        else:
            check_argument(what, i, given)
    return 0


cdef int check_afterwards(const watched_what *what, const void *result) except -1:
    """Look at what pointers were given to, and at the pointer that came of it."""
    cdef unsigned i, n = 0 if what.is_callback else what.cif.nargs
    cdef const checked_block *block
    cdef char *damage
    cdef const type_info *type = plain_type(what.cif.result)
    for i in range(n):
        if what.cif.args[i].passing != K_VOID or not is_address_kind(plain_type(what.cif.args[i].type).kind):
            continue
        block = look_for_block(read_address(what.values[i]))
        try:
            damage = NULL if block == NULL else damage_of(block)
            if damage != NULL:
                raise_damage(block, called(what).encode(), f"argument {i + 1}".encode(), damage)
        finally:
            stop_looking()
    if result != NULL and is_pointer_kind(type.kind) and type.kind != K_FUNCTION:
        check_address(f"{called(what)} result", type, <char *>read_address(result), b"", False)
    return 0


cdef str called(const watched_what *what):
    name = clipped(<str><object>what.name, 2 * SHORT)
    return f"closure {name}" if what.is_callback else f"{name}()"


cdef int check_argument(const watched_what *what, unsigned i, given) except -1:
    cdef const type_info *type = plain_type(what.cif.args[i].type)
    cdef char *address = <char *>read_address(what.values[i])
    where = f"{called(what)} argument {i + 1}"
    known = check_address(where, type, address, where.encode(), has_length_behind(what, i))
    if known and what.is_callback:
        check_pointee(where, type, address)
    elif known and is_given_back_by(what.address):
        refuse_to_free(where, address)
    if not known and width_of_text(type) and not isinstance(given, (str, bytes, bytearray, Memory, Pointer)) \
            and PyObject_CheckBuffer(given) and not has_length_behind(what, i):
        need_stack(0)
        check_text_in(where, given, width_of_text(type))
    return 0


cdef bint is_given_back_by(const void *function) noexcept:
    return function == address_of_free() or function == address_of_realloc()


cdef int refuse_to_free(str where, const char *address) except -1:
    cdef const checked_block *block = look_for_block(address)
    told = "" if block == NULL else block.told.decode("utf-8", "replace")
    stop_looking()
    raise MisuseError(f"{where} is not C's to free, but Python's: {told}")


cdef bint check_address(str where, const type_info *type, char *address, bytes passed_as,
                        bint any_text) except -1:
    """Check an address against the block of ours that it lies in; return whether there is one.

    A block notes that it was `passed_as`, if that is not empty. `any_text` may be without a NUL.
    """
    cdef Py_ssize_t left, width = width_of_text(type), needed = 0
    cdef const checked_block *block
    block = look_for_block(address)
    try:
        if block == NULL:
            return False
        place = text_of_place(block, address)
        told = block.told.decode("utf-8", "replace")
        if block.freed:
            raise MisuseError(f"{where} points {place} freed {told}")
        left = block.size - (address - block.data)
        if address < block.data or left < 0:
            raise MisuseError(f"{where} points {place} {told}")
        if type.item != NULL and type.item.complete:
            needed = type.item.size
        if 0 < left and left < needed:
            raise MisuseError(f"{where}: {type_name(<Type><object>type.object)} needs {needed} bytes, but points "
                              f"{place} {told}")
        if width and left and not any_text and not has_zero(address, left // width, width):
            raise MisuseError(f"{where}: no NUL in the {left} bytes that are there, {place} {told}")
        if passed_as:
            note_passed(block, passed_as)
        return True
    finally:
        stop_looking()


cdef Py_ssize_t width_of_text(const type_info *type):
    """Return the size of the characters that C reads up to a zero, or 0: the type is no text."""
    if type.kind in (K_STRING, K_BYTES, K_WSTRING) or (
            type.kind == K_PTR and type.is_const and plain_type(type.item).kind == K_CHAR):
        return type.item.size
    return 0


cdef bint has_length_behind(const watched_what *what, unsigned i) except -1:
    """Return whether an int follows that may be the text's length: one that fits what is there."""
    cdef unsigned j
    cdef const argument *a
    cdef const checked_block *block
    cdef Py_ssize_t left = PY_SSIZE_T_MAX
    cdef char *address = <char *>read_address(what.values[i])
    if what.is_callback or not width_of_text(plain_type(what.cif.args[i].type)):
        return False
    block = look_for_block(address)
    if block != NULL:
        left = block.size - (address - block.data)
    stop_looking()
    for j in range(i + 1, what.cif.nargs):
        a = &what.cif.args[j]
        if a.passing == K_VOID and is_int_kind(plain_type(a.type).kind):
            if 0 < load_value(plain_type(a.type), what.values[j], NULL) <= left:
                return True
    return False


cdef int check_text_in(str where, given, Py_ssize_t width) except -1:
    """Check that a buffer that is not ours has a NUL."""
    cdef Export export = hold_buffer(given)
    if export.view.len and not has_zero(<const char *>export.view.buf, export.view.len // width, width):
        raise MisuseError(f"{where}: no NUL in the {export.view.len} bytes of the {type(given).__name__}")
    return 0


cdef int check_pointee(str where, const type_info *pointer, char *address) except -1:
    """Check that a closure is given numbers of the sort that it is declared with."""
    cdef const checked_block *block
    cdef const type_info *have
    cdef const type_info *want
    if pointer.kind != K_PTR:
        return 0
    want = plain_type(pointer.item)
    if not is_number_kind(want.kind) or is_character_kind(want.kind):
        return 0
    block = look_for_block(address)
    try:
        if block == NULL or block.freed or address >= block.data + block.size:
            return 0
        have = scalar_at(&(<Type>block.type).info, address - block.data)
        if have != NULL and is_number_kind(have.kind) and not is_character_kind(have.kind) \
                and (sort_of(have) != sort_of(want) or have.size != want.size):
            raise MisuseError(f"{where} is {type_name(<Type><object>pointer.object)}, but points to "
                              f"{type_name(<Type><object>have.object)}, {text_of_place(block, address)} "
                              f"{block.told.decode('utf-8', 'replace')}")
    finally:
        stop_looking()
    return 0


# ---- signatures ----

cdef int check_function_argument(const watched_what *what, unsigned i, given) except -1:
    declared = <CIF><object>plain_type(what.cif.args[i].type).cif
    where = f"{called(what)} argument {i + 1} is"
    check_code(read_address(what.values[i]), declared, where, False)
    if isinstance(given, Function):
        compare_signatures(where, declared, f"function {clipped((<Function>given).name, 2 * SHORT)}",
                           (<Function>given).cif)
    return 0


cdef int check_code(const void *code, CIF declared, str where, bint may_be_gone) except -1:
    """Check that a closure of ours at that address is what is `declared`."""
    cdef PyObject *cif = NULL
    cdef PyObject *name = NULL
    found = find_closure(code, &cif, &name)
    if not found:
        return 0
    try:
        if found < 0 and may_be_gone:
            return 0
        who = f"closure {clipped(<str><object>name, 2 * SHORT)}"
        if found < 0:
            raise MisuseError(f"{where} the address of {who}, which is closed or collected")
        compare_signatures(where, declared, who, <CIF><object>cif)
    finally:
        Py_XDECREF(cif)
        Py_XDECREF(name)
    return 0


cdef int compare_signatures(str where, CIF declared, str who, CIF own) except -1:
    if not same_signature(declared.state, own.state):
        raise MisuseError(f"{where} {who}, {own}, declared as {declared}")
    return 0


cdef bint same_signature(const cif_state *one, const cif_state *other):
    """Return whether C would take one for the other, and pointers may point to the same."""
    cdef unsigned i
    if one == other:
        return True
    if one.abi != other.abi or one.nargs != other.nargs or one.variadic != other.variadic \
            or not same_sort(one.result, other.result):
        return False
    for i in range(one.nargs):
        if not same_parameter(&one.args[i], &other.args[i]):
            return False
    return True


cdef bint same_parameter(const argument *one, const argument *other):
    if one.passing == K_VOID and other.passing == K_VOID:
        return same_sort(one.type, other.type)
    return same_pointee(one.type if one.passing else one.type.item, other.type if other.passing else other.type.item)


cdef bint same_sort(const type_info *one, const type_info *other):
    one, other = plain_type(one), plain_type(other)
    if one.kind == K_FUNCTION and other.kind == K_FUNCTION:
        return one.cif == other.cif or same_signature((<CIF><object>one.cif).state, (<CIF><object>other.cif).state)
    if is_address_kind(one.kind) and is_address_kind(other.kind):
        return same_pointee(one.item, other.item) or one.kind == K_POINTER or other.kind == K_POINTER
    if is_number_kind(one.kind) and is_number_kind(other.kind):
        return sort_of(one) == sort_of(other) and one.size == other.size
    return (one.kind == K_VOID and other.kind == K_VOID) or same_to_c(one, other)


cdef bint same_pointee(const type_info *one, const type_info *other):
    """Return whether a pointer to one may be one to the other; NULL: it is no pointer, or one to a function."""
    if one == NULL or other == NULL:
        return one == other
    return pointee_matches(one, other) or pointee_matches(other, one)
