"""Corners of libffi.compat.ctypes that have ways of their own: layouts, known calls, slots, what is kept."""
import gc
import random
import sys
import weakref

import pytest
from helpers.c_library import LIBC, PRINTING, SNPRINTF

import libffi.compat.ctypes as ctypes

libc = ctypes.CDLL(LIBC)
NUMBERS = "c_char c_short c_int c_longlong c_float c_double c_longdouble c_void_p c_bool".split()


def random_class(names, module, depth=0):
    """Return a structure or union of `module`, the same for the same random numbers."""
    members = []
    for i in range(names.randrange(0 if depth else 1, 5)):
        choice = names.random()
        member = random_class(names, module, depth + 1) if choice < 0.2 and depth < 2 else (
            getattr(module, names.choice(NUMBERS)))
        if choice > 0.8:
            member = member * names.randrange(3)
        members.append((f"m{i}", member))
    kind = module.Union if names.random() < 0.2 else module.Structure
    body = {"_fields_": members}
    if names.random() < 0.3:
        body.update(_pack_=names.choice([1, 2, 4, 16]), _layout_="ms")      # which CPython 3.14 wants to be said
    made = type(kind)("Made", (kind,), body)
    if names.random() < 0.2 and kind is module.Structure:   # ctypes forgets the size of a union that is extended
        made = type(kind)("Extended", (made,), {"_fields_": [("more", module.c_int)]})
    return made


def described(cls, module):
    places = [(name, getattr(cls, name).offset, getattr(cls, name).size) for name, *_ in cls._fields_]
    return places, module.sizeof(cls), module.alignment(cls)


@pytest.mark.parametrize("seed", range(150))
def test_members_lie_where_ctypes_has_them(seed):
    import ctypes as theirs
    ours, original = random_class(random.Random(seed), ctypes), random_class(random.Random(seed), theirs)
    assert described(ours, ctypes) == described(original, theirs)
    assert memoryview(ours()).nbytes == ctypes.sizeof(ours)


def test_a_structure_that_no_address_space_holds():
    half = ctypes.c_char * (sys.maxsize // 2 + 1)
    with pytest.raises(OverflowError):
        type("Large", (ctypes.Structure,), {"_fields_": [("a", half), ("b", half)]})
    with pytest.raises(OverflowError):
        type("Large", (ctypes.Structure,),
             {"_fields_": [("a", ctypes.c_char * (sys.maxsize - 1)), ("b", ctypes.c_int)]})


def test_what_extends_a_structure_is_passed_as_it():
    class Pair(ctypes.Structure):
        _fields_ = [("quot", ctypes.c_int), ("rem", ctypes.c_int)]

    class Extended(Pair):
        pass

    libc.div.argtypes, libc.div.restype = [ctypes.c_int, ctypes.c_int], Extended
    result = libc.div(17, 5)
    assert (type(result), result.quot, result.rem) == (Extended, 3, 2)

    echo = ctypes.CFUNCTYPE(ctypes.c_int, Extended)(lambda pair: pair.quot * 10 + pair.rem)
    assert echo(Extended(4, 2)) == 42


def test_what_extends_a_structure_is_passed_by_value_as_it(compile_c):
    """By the class that argtypes say, whichever comes first: C takes that many bytes."""
    library = ctypes.CDLL(compile_c("struct one { int a; }; int first(struct one it) { return it.a; }", "first_of_one"))

    class One(ctypes.Structure):
        _fields_ = [("a", ctypes.c_int)]

    class More(One):
        _fields_ = [("b", ctypes.c_int * 200)]

    class Anything(type(ctypes.Structure)):
        def __instancecheck__(cls, value):
            return True

    class Large(ctypes.Structure, metaclass=Anything):
        _fields_ = [("a", ctypes.c_int * 200)]

    for order in (More(7), One(5)), (One(5), More(7)):
        library = ctypes.CDLL(library._name)
        library.first.argtypes = [One]
        assert [library.first(value) for value in order] == [value.a for value in order]
    library.first.argtypes = [Large]
    with pytest.raises(ctypes.ArgumentError, match="4 bytes, not 800"):
        library.first(One(5))


def test_calls_of_one_function_with_many_sorts_of_arguments():
    text, snprintf = ctypes.create_string_buffer(100), getattr(ctypes.CDLL(PRINTING), SNPRINTF)
    sorts = [(b"%d", (7,)), (b"%s", (b"x",)), (b"%.1f", (ctypes.c_double(2.5),)), (b"%d%d", (1, 2)),
             (b"%d%s", (1, b"a")), (b"%s%d", (b"a", 1)), (b"%c", (ctypes.c_char(b"q"),)),
             (b"%lld", (ctypes.c_longlong(1 << 40),)),
             (b"%d" * 9, tuple(range(9))), (b"%.1f%.1f", (ctypes.c_double(1), ctypes.c_double(2)))]
    expected = [b"7", b"x", b"2.5", b"12", b"1a", b"a1", b"q", str(1 << 40).encode(), b"012345678", b"1.02.0"]
    for _ in range(3):
        for (form, values), result in zip(sorts, expected, strict=True):
            assert snprintf(text, 100, form, *values) == len(result)
            assert text.value == result


def test_arguments_behind_argtypes_are_promoted_each_time():
    printed = getattr(ctypes.CDLL(PRINTING), SNPRINTF)
    printed.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p]
    text = ctypes.create_string_buffer(100)
    for _ in range(3):
        printed(text, 100, b"%.1f %d", ctypes.c_float(1.5), ctypes.c_short(-3))
        assert text.value == b"1.5 -3"


@pytest.mark.parametrize("value, passed", [(-1, -1), (True, 1), (2**31 - 1, 2**31 - 1), (2**32 - 2, -2),
                                           (2**64 - 2, -2), (-2**63 + 5, 5)])
def test_any_int_that_a_word_holds_is_passed(value, passed):
    echo = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda n: n)
    untyped = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.cast(echo, ctypes.c_void_p).value)
    untyped.argtypes = None
    assert untyped(value) == passed


@pytest.mark.parametrize("value", [2**64, -2**63 - 1, 10**30, -10**30])
def test_an_int_that_no_word_holds_is_not(value):
    with pytest.raises(ctypes.ArgumentError, match="int too long to convert"):
        libc.abs(value)


def test_iteration_asks_the_class_s_own_method():
    class Doubled(ctypes.c_int * 3):
        def __getitem__(self, i):
            return 2 * super().__getitem__(i)

    class Later(ctypes.c_int * 3):
        pass

    assert list((ctypes.c_int * 3)(1, 2, 3)) == [1, 2, 3]
    assert list(Doubled(1, 2, 3)) == [2, 4, 6]
    assert list(type("Extended", (Doubled,), {})(1, 2, 3)) == [2, 4, 6]
    assert list(Later(1, 2, 3)) == [1, 2, 3]
    Later.__getitem__ = Doubled.__getitem__
    with pytest.raises(TypeError):              # super() of another class
        list(Later(1, 2, 3))
    del Later.__getitem__
    assert list(Later(1, 2, 3)) == [1, 2, 3]


def test_array_classes_are_one_as_long_as_they_live():
    class Item(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int)]

    made = Item * 3
    assert Item * 3 is made
    assert Item * 4 is not made
    assert ctypes.c_int * 3 is not made
    del made
    gc.collect()
    assert list((Item * 3)()[1:1]) == []
    for length in (-1, 2.0, "3", None, []):
        with pytest.raises((TypeError, ValueError)):
            Item * length


def test_a_callback_in_a_structure_is_kept():
    Unary = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)

    class Table(ctypes.Structure):
        _fields_ = [("first", Unary), ("second", Unary)]

    table = Table()
    table.first, table.second = Unary(lambda n: n + 1), Unary(lambda n: n + 2)
    gc.collect()
    assert (table.first(1), table.second(1)) == (2, 3)
    callback = Unary(abs)
    assert list(callback._objects) == ["0"]
    assert libc.abs._objects == {"0": libc}
    assert Unary()._objects == {}


def test_what_a_late_callback_was_is_said():
    from libffi import ClosureExpired

    def known_by_its_name(n):
        return n

    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(known_by_its_name)
    function = type(callback)(ctypes.cast(callback, ctypes.c_void_p).value)
    del callback
    gc.collect()
    with pytest.raises(ClosureExpired, match="known_by_its_name"):
        function(1)


def test_classes_that_answer_for_others():
    """A metaclass's __instancecheck__ is asked where the classes themselves do not say so."""
    class Meta(type(ctypes.Structure)):
        def __instancecheck__(cls, value):
            return isinstance(value, (ctypes.c_int, ctypes.Structure))

        def __subclasscheck__(cls, other):
            return other in (ctypes.c_int, cls)

    class Anything(ctypes.Structure, metaclass=Meta):
        _fields_ = [("x", ctypes.c_int)]

    abs_of = ctypes.CDLL(LIBC).abs
    abs_of.argtypes = [ctypes.POINTER(Anything)]
    abs_of(ctypes.byref(ctypes.c_int(1)))
    with pytest.raises(ctypes.ArgumentError):
        abs_of(ctypes.byref(ctypes.c_double(1)))


# ---- found by comparing programs' idioms with ctypes ----

def test_a_buffer_that_has_the_instance_over_it_is_collected():
    class Buffer(bytearray):
        pass

    buffer = Buffer(4)
    buffer.number = ctypes.c_int.from_buffer(buffer)
    gone = weakref.ref(buffer)
    del buffer
    gc.collect()
    assert gone() is None


def test_a_memoryview_may_be_released_that_an_instance_came_from():
    room = bytearray(4)
    with memoryview(room) as view:
        number = ctypes.c_int.from_buffer(view)
    number.value = 5
    assert int.from_bytes(room, sys.byteorder) == 5
    with pytest.raises(BufferError):
        room.append(1)


def test_pointers_are_made_of_arrays():
    numbers = (ctypes.c_int * 3)(1, 2, 3)
    pointer = ctypes.POINTER(ctypes.c_int)(numbers)
    assert pointer[:3] == [1, 2, 3]
    pointer.contents = ctypes.c_uint(7)
    assert pointer[0] == 7
    with pytest.raises(TypeError, match="smaller"):
        ctypes.POINTER(ctypes.c_int)(ctypes.c_short(1))
    with pytest.raises(TypeError, match=f"expected {ctypes.c_int.__name__} instead of int"):
        ctypes.POINTER(ctypes.c_int)(1)


def test_anonymous_members_of_anonymous_ones_have_no_name_outside():
    inner = type("Inner", (ctypes.Union,), {"_fields_": [("i", ctypes.c_int), ("f", ctypes.c_float)]})
    middle = type("Middle", (ctypes.Structure,), {
        "_anonymous_": ["u"], "_fields_": [("u", inner), ("n", ctypes.c_int)]})
    outer = type("Outer", (ctypes.Structure,), {
        "_anonymous_": ["m"], "_fields_": [("k", ctypes.c_int), ("m", middle)]})
    assert outer.f.offset == 4 and outer.n.offset == 8
    assert not hasattr(outer, "u")


def test_keywords_of_single_values_are_not_looked_at():
    assert ctypes.c_int(value=5).value == 0
    assert (ctypes.c_int * 2)(1, first=5)[:] == [1, 0]


def test_bits_are_a_number():
    with pytest.raises(TypeError):
        type("Bits", (ctypes.Structure,), {"_fields_": [("a", ctypes.c_int, "3")]})


def test_functions_show_their_class():
    assert repr(libc.abs).startswith("<_FuncPtr object at 0x")


def test_ordinals_are_windows():
    with pytest.raises(TypeError, match="function name must be string, bytes object or integer"):
        libc[1]


def test_loaded_libraries():
    from libffi.compat import _ctypes
    assert not hasattr(_ctypes, "dllist") or any("libc" in name for name in _ctypes.dllist())


# ---- since CPython 3.14 ----

newer = pytest.mark.skipif(sys.version_info < (3, 14), reason="ctypes has it since CPython 3.14")


@newer
def test_fields_say_where_they_are():
    class Flags(ctypes.Structure):
        _fields_ = [("a", ctypes.c_int, 3), ("b", ctypes.c_int, 5), ("c", ctypes.c_short)]

    places = [(field.name, field.type, field.byte_offset, field.byte_size, field.bit_offset, field.bit_size)
              for field in (Flags.a, Flags.b, Flags.c)]
    assert [place[0] for place in places] == ["a", "b", "c"]
    assert places[1][1:] == (ctypes.c_int, 0, 4, 3, 5)
    assert places[2][1:] == (ctypes.c_short, 2, 2, 0, 16)
    assert Flags.b.is_bitfield and not Flags.c.is_bitfield and not Flags.a.is_anonymous


@newer
def test_layouts_by_name():
    body = {"_layout_": "ms", "_fields_": [("a", ctypes.c_byte, 3), ("b", ctypes.c_short, 3)]}
    assert ctypes.sizeof(type("Microsoft", (ctypes.Structure,), body)) == 4
    assert ctypes.sizeof(type("Gnu", (ctypes.Structure,), {**body, "_layout_": "gcc-sysv"})) == 2


@newer
def test_complex_numbers():
    libm = ctypes.CDLL("libm.so.6")
    libm.csqrt.argtypes, libm.csqrt.restype = [ctypes.c_double_complex], ctypes.c_double_complex
    assert libm.csqrt(-4) == 2j
    numbers = (ctypes.c_float_complex * 2)(1, 2j)
    assert numbers[1] == 2j and ctypes.sizeof(numbers) == 16
    long = ctypes.CFUNCTYPE(ctypes.c_longdouble_complex, ctypes.c_longdouble_complex)(lambda z: z * 1j)
    assert long(2) == 2j
    with pytest.raises(TypeError):
        ctypes.c_double_complex("1j")


@newer
def test_memory_by_address():
    text = ctypes.create_string_buffer(b"text")
    view = ctypes.memoryview_at(text, 4)
    view[0] = ord("n")
    assert text.value == b"next"
    assert ctypes.memoryview_at(text, 4, readonly=True).readonly
    with pytest.raises(ValueError, match="negative"):
        ctypes.memoryview_at(text, -1)


@newer
def test_pointer_classes_are_the_classes_own():
    class Mine(ctypes.Structure):
        pass

    assert not hasattr(Mine, "__pointer_type__")
    assert ctypes.POINTER(Mine) is Mine.__pointer_type__ is ctypes.POINTER(Mine)
    assert ctypes.pointer(Mine()).__class__ is Mine.__pointer_type__


def test_classes_of_the_other_byte_order_are_made_when_they_are_asked_for():
    theirs = sys.byteorder[0]
    other = "b" if theirs == "l" else "l"
    swapped = getattr(ctypes.c_int, f"__ctype_{other}e__")
    assert swapped is getattr(ctypes.c_int, f"__ctype_{other}e__")
    assert swapped.__name__ == f"{ctypes.c_int.__name__}_{other}e"      # c_int is c_long where that has as many bits
    assert getattr(ctypes.c_int, f"__ctype_{theirs}e__") is getattr(swapped, f"__ctype_{theirs}e__") is ctypes.c_int
    assert getattr(swapped, f"__ctype_{other}e__") is swapped and swapped(1).value == 1
    assert bytes(swapped(1)) == bytes(ctypes.c_int(1))[::-1]
    assert not hasattr(ctypes.c_void_p, "__ctype_be__")


def test_a_user_s_class_has_byte_orders_of_its_own_or_those_it_is_given():
    class Number(ctypes.c_short):
        pass

    class Meta(type(ctypes.c_short)):
        pass

    class Named(ctypes.c_short, metaclass=Meta):
        pass
    assert issubclass(Number.__ctype_be__, ctypes.c_short) and Number.__ctype_le__.__name__.startswith("Number")
    assert Named.__ctype_be__ is ctypes.c_short.__ctype_be__
    Number.__ctype_be__ = ctypes.c_int
    assert Number.__ctype_be__ is ctypes.c_int and ctypes.c_short.__ctype_be__ is not ctypes.c_int


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 39, 40, 41, 48, 4000])
def test_storage_of_any_size_is_its_instance_s(size):
    cls = ctypes.c_ubyte * size
    for _ in range(50):
        made = cls(*[i % 256 for i in range(size)])
        assert ctypes.addressof(made) % 16 == 0 and bytes(made) == bytes(i % 256 for i in range(size))
        copy = cls.from_buffer_copy(made)
        ctypes.resize(made, size + 100)
        ctypes.resize(made, size + 1000)
        assert bytes(copy) == bytes(made)[:size] and not any(bytes(made)[size:])


@pytest.mark.parametrize("use", [ctypes.c_int.from_address, ctypes.CFUNCTYPE(ctypes.c_int)])
def test_an_int_beyond_all_addresses_is_refused(use):
    with pytest.raises(OverflowError):
        use(1 << 70)


def test_sizes_of_letters_are_those_of_struct():
    import struct
    for letter in [*"bBhHiIlLqQfdP?cnx", "2i", "<l"]:
        assert ctypes._calcsize(letter) == struct.calcsize(letter)
    with pytest.raises(struct.error):
        ctypes._calcsize("y")


@pytest.mark.parametrize("name", ["c_char_p", "c_wchar_p", "c_void_p"])
def test_from_param_of_texts_and_addresses_can_be_extended(name):
    base = getattr(ctypes, name)

    class Extended(base):
        @classmethod
        def from_param(cls, value):
            return super().from_param(None if value == "nothing" else value)

    takes = ctypes.CFUNCTYPE(ctypes.c_void_p, Extended)(lambda value: None)
    assert takes("nothing") is None
    assert hasattr(base(), "from_param")
    with pytest.raises(ctypes.ArgumentError):
        takes(1.5)


def test_arrays_are_generic_for_annotations():
    annotation = ctypes.Array[ctypes.c_int]
    assert annotation.__origin__ is ctypes.Array
    assert annotation.__args__ == (ctypes.c_int,)
