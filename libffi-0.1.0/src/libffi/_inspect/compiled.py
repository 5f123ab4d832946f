"""Layouts as the compiler has them: to compare."""
import struct
from collections.abc import Sequence

from libffi._bindgen import macros
from libffi._bindgen.compiler import PROBE, Compiler
from libffi._inspect.layouts import Member, TypeLayout, first_set_bit

_BLOCK = 32     # bytes before the values of a block
_UNKNOWN = (1 << 64) - 1


def differences(compiler: Compiler, includes: str, layouts: Sequence[TypeLayout]) -> list[tuple[str, str, str]]:
    """Return where the compiler lays types out differently: what of a type, ours, and the compiler's."""
    asked = [(layout, member) for layout in layouts for member in layout.members if member.path]
    plain = [(layout, member) for layout, member in asked if not member.is_bit_field]
    bits = [(layout, member) for layout, member in asked if member.is_bit_field]
    numbers = [text for layout in layouts for text in (f"sizeof({layout.name})", f"_Alignof({layout.name})")]
    numbers += [text for layout, member in plain
                for text in (f"__builtin_offsetof({layout.name}, {member.path})", _size(layout, member))]
    lines = [macros.block("layouts", "unsigned long long v", numbers)]
    lines += [_image(number, layout, member) for number, (layout, member) in enumerate(bits)]
    data = compiler.compile(compiler.preprocess(f'{includes}\n# 1 "{PROBE}"\n' + "\n".join(lines) + "\n"))
    values = struct.unpack_from(f"={len(numbers)}Q", data, macros.find(data, "layouts"))
    pairs = list(zip(values[::2], values[1::2], strict=True))
    found = [(layout.name, _whole(layout.size, layout.alignment), _whole(size, alignment))
             for layout, (size, alignment) in zip(layouts, pairs, strict=False)
             if (size, alignment) != (layout.size, layout.alignment)]
    for (layout, member), (offset, size) in zip(plain, pairs[len(layouts):], strict=True):
        ours = member.start // 8, member.bits // 8
        theirs = offset, ours[1] if size == _UNKNOWN else size
        if ours != theirs:
            found.append((f"{layout.name}.{member.path}", _part(*ours), _part(*theirs)))
    for number, (layout, member) in enumerate(bits):
        start = macros.find(data, f"bits-{number}")
        size, alignment = pairs[layouts.index(layout)]
        start += -_BLOCK % alignment    # more than the block's own
        image = data[start:start + size]
        theirs = first_set_bit(image), sum(byte.bit_count() for byte in image)
        if theirs != (member.start, member.bits):
            found.append((f"{layout.name}.{member.path}", _some_bits(member.start, member.bits), _some_bits(*theirs)))
    return found


def _size(layout: TypeLayout, member: Member) -> str:
    if member.bits:
        return f"sizeof((({layout.name} *)0)->{member.path})"
    return f"{_UNKNOWN}ULL"     # the end of a struct may have no size


def _image(number: int, layout: TypeLayout, member: Member) -> str:
    """Return a constant of a type in which one bit-field has all its bits set."""
    return macros.block(f"bits-{number}", f"{layout.name} v", [f"{{.{member.path} = -1}}"])


def _whole(size: int, alignment: int) -> str:
    return f"{size} bytes, aligned to {alignment}"


def _part(offset: int, size: int) -> str:
    return f"{size} bytes at {offset}"


def _some_bits(start: int, count: int) -> str:
    return f"{count} bits at {start // 8}:{start % 8}"
