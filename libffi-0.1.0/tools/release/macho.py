"""Read macOS's program files: what one needs and shows, which processor and macOS it is for."""
from __future__ import annotations

import struct
from collections.abc import Iterator

MACHINES = {0x01000007: "x86_64", 0x0100000C: "arm64"}
SEGMENT, BUILD_VERSION, CODE_SIGNATURE = 0x19, 0x32, 0x1D
LOAD_DYLIB, LOAD_WEAK_DYLIB, REEXPORT_DYLIB = 0xC, 0x80000018, 0x8000001F
DYLD_INFO, DYLD_INFO_ONLY, EXPORTS_TRIE = 0x22, 0x80000022, 0x80000033
WRITE, EXECUTE = 2, 4


class ProgramFile:
    """A .so or .dylib of 64 bits, for one processor."""

    def __init__(self, data: bytes) -> None:
        magic, machine, _, _, count = struct.unpack_from("<5I", data)
        if magic != 0xFEEDFACF or machine not in MACHINES:
            raise ValueError("no program of macOS's")
        self.data = data
        self.machine = MACHINES[machine]
        self.commands: list[tuple[int, int]] = []  # each with its place
        place = 32
        for _ in range(count):
            command, size = struct.unpack_from("<II", data, place)
            self.commands.append((command, place))
            place += size

    def places(self, *wanted: int) -> list[int]:
        return [place for command, place in self.commands if command in wanted]

    def text(self, start: int) -> str:
        return self.data[start:self.data.index(b"\0", start)].decode()

    def needs(self) -> list[str]:
        """Return the libraries that it is loaded with."""
        return [self.text(place + struct.unpack_from("<I", self.data, place + 8)[0])
                for place in self.places(LOAD_DYLIB, LOAD_WEAK_DYLIB, REEXPORT_DYLIB)]

    def oldest(self) -> tuple[int, int]:
        """Return the oldest macOS that it is for."""
        (place,) = self.places(BUILD_VERSION)
        version = struct.unpack_from("<I", self.data, place + 12)[0]
        return version >> 16, version >> 8 & 0xFF

    def is_signed(self) -> bool:
        """Whether there is a signature at all: a processor of Apple's runs nothing without one."""
        return bool(self.places(CODE_SIGNATURE))

    def writable_code(self) -> list[str]:
        """Return the segments that are writable and executable."""
        segments = [struct.unpack_from("<8x16s36xI", self.data, place) for place in self.places(SEGMENT)]
        return [name.rstrip(b"\0").decode() for name, rights in segments if rights & WRITE and rights & EXECUTE]

    def exports(self) -> list[str]:
        """Return the symbols that others find in it."""
        tables = [struct.unpack_from("<II", self.data, place + 40) for place in self.places(DYLD_INFO, DYLD_INFO_ONLY)]
        tables += [struct.unpack_from("<II", self.data, place + 8) for place in self.places(EXPORTS_TRIE)]
        return [name for start, size in tables if size for name in self.branch(start, start, "")]

    def branch(self, trie: int, place: int, name: str) -> Iterator[str]:
        """Give the names in a part of the tree that they are kept in, by common beginnings."""
        size, place = self.number(place)
        if size:
            yield name
        place += size
        count = self.data[place]
        place += 1
        for _ in range(count):
            more = self.text(place)
            child, place = self.number(place + len(more) + 1)
            yield from self.branch(trie, trie + child, name + more)

    def number(self, place: int) -> tuple[int, int]:
        """Return a number of seven bits a byte, and where it ends."""
        value = shift = 0
        while True:
            byte = self.data[place]
            value |= (byte & 0x7F) << shift
            place, shift = place + 1, shift + 7
            if byte < 0x80:
                return value, place
