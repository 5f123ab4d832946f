"""Read Windows' program files: which DLLs one needs, and what it exports."""
from __future__ import annotations

import struct
from pathlib import Path

EXPORTS, IMPORTS = 0, 1  # in the table of directories


class ProgramFile:
    """An .exe, .dll or .pyd."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        header = struct.unpack_from("<I", data, 0x3C)[0]
        if data[:2] != b"MZ" or data[header:header + 4] != b"PE\0\0":
            raise ValueError("no program of Windows'")
        self.machine, count = struct.unpack_from("<HH", data, header + 4)
        size = struct.unpack_from("<H", data, header + 20)[0]
        optional = header + 24
        wide = struct.unpack_from("<H", data, optional)[0] == 0x20B
        self.directories = optional + (112 if wide else 96)
        self.sections: list[tuple[int, int, int, int]] = [
            struct.unpack_from("<IIII", data, optional + size + 40 * i + 8) for i in range(count)]

    def place(self, address: int) -> int:
        """Return where in the file lies what is loaded at an address relative to the image."""
        for size, start, stored, where in self.sections:
            if start <= address < start + max(size, stored):
                return address - start + where
        raise ValueError(f"{address:#x} is in no section")

    def text(self, address: int) -> str:
        start = self.place(address)
        return self.data[start:self.data.index(b"\0", start)].decode()

    def directory(self, number: int) -> int:
        return int(struct.unpack_from("<I", self.data, self.directories + 8 * number)[0])

    def imports(self) -> list[str]:
        """Return the names of the DLLs that it needs."""
        names: list[str] = []
        address = self.directory(IMPORTS)
        while address:
            name = struct.unpack_from("<5I", self.data, self.place(address))[3]
            if not name:
                break
            names.append(self.text(name))
            address += 20
        return names

    def exports(self) -> list[tuple[str, bool]]:
        """Return what it exports by name, and whether that is data."""
        address = self.directory(EXPORTS)
        if not address:
            return []
        count, functions, names, ordinals = struct.unpack_from("<4I", self.data, self.place(address) + 24)
        found = []
        for i in range(count):
            name = self.text(struct.unpack_from("<I", self.data, self.place(names) + 4 * i)[0])
            ordinal = struct.unpack_from("<H", self.data, self.place(ordinals) + 2 * i)[0]
            target = struct.unpack_from("<I", self.data, self.place(functions) + 4 * ordinal)[0]
            found.append((name, not self.is_code(target)))
        return found

    def is_code(self, address: int) -> bool:
        """Whether an address is in the first section, which compilers keep for code."""
        size, start, stored, _ = self.sections[0]
        return start <= address < start + max(size, stored)


def definitions(path: Path) -> str:
    """Return a DLL's exports as a .def file lists them."""
    lines = [f"{name} DATA" if is_data else name for name, is_data in ProgramFile(path.read_bytes()).exports()]
    return "\n".join([f"LIBRARY {path.name}", "EXPORTS", *lines, ""])
