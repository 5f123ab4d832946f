"""Find a shared library by its short name, without a compiler.

`candidates("z")` gives what to try with dlopen, best first: the loader's own tables know that `z`
is libz.so.1 even where no development package is installed.
"""
import os
import re
import struct
import sys
from collections.abc import Iterable, Iterator
from glob import escape, glob
from itertools import chain

from libffi import _ffi

_ELF_NAME = re.compile(r"\.so(?:\.\d+)*\Z")     # what a linker or a loader asks for
_FILE_NAME = re.compile(r"\.(?:so|dylib|dll|sl)(?:\.[\w.\-+]*)?\Z", re.IGNORECASE)


def is_file_name(name: str) -> bool:
    """Say whether a name is a path or a soname, to be given to the loader as it is."""
    return os.sep in name or "/" in name or _FILE_NAME.search(name) is not None


def candidates(name: str, system: str = sys.platform) -> Iterator[str]:
    """Give the names under which the loader may know a library, best first, each once."""
    if is_file_name(name):
        return iter([name])
    search = {"darwin": _darwin, "win32": _windows, "cygwin": _windows}.get(system, _elf)
    return iter(dict.fromkeys(search(name)))


# Linux, the BSDs and other systems with ELF.


def _elf(name: str) -> Iterator[str]:
    stems = [f"lib{name}", name] if name.startswith("lib") else [f"lib{name}"]
    for stem in stems:
        yield from _in_folders(stem, _environment("LD_LIBRARY_PATH"))
    cache = read_cache()
    for stem in stems:
        yield from _known(stem, cache)
    # The loader looks in places that only it knows; musl answers for libm and libc by itself.
    for stem in stems:
        yield f"{stem}.so"
    for stem in stems:
        yield from _in_folders(stem, _elf_folders())
    if not cache and sys.platform.startswith("linux"):
        listed = dict(_run_ldconfig())
        for stem in stems:
            yield from _known(stem, listed)
    if not name.startswith("lib"):
        yield f"{name}.so"


def file_of(name: str) -> str | None:
    """Return the file that a library's name stands for, without loading it; None where there is none."""
    cache: dict[str, str] | None = None
    waiting = candidates(name)
    seen: set[str] = set()
    while (candidate := next(waiting, None)) is not None:
        if "/" in candidate:
            paths = [candidate]
        else:
            cache = read_cache() if cache is None else cache
            paths = [os.path.join(folder, candidate) for folder in _environment("LD_LIBRARY_PATH")]
            paths += [cache[candidate]] if candidate in cache else []
            paths += [os.path.join(folder, candidate) for folder in _elf_folders()]
        path = next(filter(_is_there, paths), None)
        if path is None or path in seen:
            continue
        seen.add(path)
        linked = in_script(path)        # such as libc.so
        if not linked:
            return path
        waiting = chain(*linked, waiting)
    return None


def _is_there(path: str) -> bool:
    return os.path.isfile(path) or _ffi._loader_has_without_file(path)


def in_script(path: str) -> list[list[str]]:
    """Return what the shared objects may be called that a linker script names, those of AS_NEEDED last.

    Empty where it is none.
    """
    try:
        with open(path, encoding="ascii") as file:
            text = re.sub(r"/\*.*?\*/", " ", file.read(_LARGEST_SCRIPT), flags=re.DOTALL)
    except (OSError, UnicodeDecodeError):
        return []
    if "\0" in text:
        return []
    needed: list[str] = []
    as_needed: list[str] = []
    for group in re.finditer(r"\b(?:GROUP|INPUT)\s*\(((?:[^()]|\([^()]*\))*)\)", text):
        for inner in re.finditer(r"AS_NEEDED\s*\(([^()]*)\)|([^\s,()]+)", group[1]):
            if inner[2]:
                needed.append(inner[2])
            else:
                as_needed += re.split(r"[\s,]+", inner[1].strip())
    found: list[list[str]] = []
    for name in [*needed, *as_needed]:
        name = name.strip('"').removeprefix("=")
        beside = os.path.join(os.path.dirname(path), name)
        if name.startswith("-l"):
            found.append([*candidates(name[2:].removeprefix(":"))])
        elif _ELF_NAME.search(name):        # not an archive
            found.append([beside if os.path.exists(beside) else name])
    return found


_LARGEST_SCRIPT = 1 << 16


def _version(file_name: str) -> list[tuple[int, str]]:
    """Return a sort key under which libssl.so.10 is newer than libssl.so.3."""
    parts = re.findall(r"\d+|[^\d.]+", file_name.partition(".so")[2])
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _known(stem: str, cache: dict[str, str]) -> list[str]:
    """Return the sonames of a library in the loader's table, newest first.

    Where a development link says which version to build with, that version is the first.
    """
    versioned = sorted((soname for soname in cache if soname.startswith(f"{stem}.so.")),
                       key=_version, reverse=True)
    linked = cache.get(f"{stem}.so")
    if linked is not None:
        target = _file(linked)
        versioned.sort(key=lambda soname: _file(cache[soname]) != target)
    return versioned


def _file(path: str) -> object:
    """Return what is equal for two names of one file; a name that leads nowhere is its own."""
    try:
        status = os.stat(path)
    except OSError:
        return path
    return status.st_dev, status.st_ino


def _in_folders(stem: str, folders: Iterable[str]) -> Iterator[str]:
    beginning = f"{stem}.so"
    for folder in folders:      # without glob(): that keeps thousands of patterns, one for each name
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        files = [os.path.join(folder, name) for name in names if name.startswith(beginning) and _ELF_NAME.search(name)]
        yield from sorted(files, key=lambda path: _version(os.path.basename(path)), reverse=True)


def _environment(variable: str) -> list[str]:
    """Return the folders that a variable names: none where the loader would not look at it either."""
    if not _ffi._trusts_environment():
        return []
    return [folder for folder in re.split("[:;]", os.environ.get(variable, "")) if folder]


def _elf_folders() -> list[str]:
    """Return the folders of the loader's configuration, of glibc, musl and the BSDs."""
    import sysconfig

    folders = _read_conf("/etc/ld.so.conf", 0)
    for path in glob("/etc/ld-musl-*.path"):
        folders += re.split("[:\n]+", _read(path))
    multiarch = sysconfig.get_config_var("MULTIARCH")
    if multiarch:
        folders += [f"/lib/{multiarch}", f"/usr/lib/{multiarch}"]
    if sys.maxsize > 1 << 32:
        folders += ["/lib64", "/usr/lib64"]
    folders += ["/lib", "/usr/lib", "/usr/local/lib", os.path.join(sys.prefix, "lib")]
    return [folder for folder in dict.fromkeys(folders) if folder]


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _read_conf(path: str, depth: int) -> list[str]:
    folders: list[str] = []
    for line in _read(path).splitlines():
        words = line.partition("#")[0].split()
        if words[:1] == ["include"]:
            for pattern in words[1:] if depth < 5 else []:
                for included in sorted(glob(os.path.join(os.path.dirname(path), pattern))):
                    folders += _read_conf(included, depth + 1)
        else:
            folders += [word for word in words if word.startswith("/")]
    return folders


# /etc/ld.so.cache: an optional table of libc5 times, then the table of today.
_OLD_MAGIC = b"ld.so-1.7.0\0"
_NEW_MAGIC = b"glibc-ld.so.cache1.1"
_OLD_HEADER, _OLD_ENTRY = struct.Struct("=12sI"), struct.Struct("=iII")
_NEW_HEADER, _NEW_ENTRY = struct.Struct("=20sII20x"), struct.Struct("=iIIIQ")


def read_cache(path: str = "/etc/ld.so.cache") -> dict[str, str]:
    """Return glibc's table of libraries, soname to path; empty where there is none."""
    try:
        with open(path, "rb") as file:
            return _parse_cache(file.read())
    except (OSError, struct.error, ValueError, OverflowError):
        return {}


def _parse_cache(data: bytes) -> dict[str, str]:
    start = 0
    if data.startswith(_OLD_MAGIC):
        start = _OLD_HEADER.size + _OLD_HEADER.unpack_from(data)[1] * _OLD_ENTRY.size
        start = (start + 7) & ~7
    magic, count, _ = _NEW_HEADER.unpack_from(data, start)
    if magic != _NEW_MAGIC:
        raise ValueError("an unknown kind of cache")
    found: dict[str, str] = {}
    first = start + _NEW_HEADER.size
    for offset in range(first, first + count * _NEW_ENTRY.size, _NEW_ENTRY.size):
        _, key, value, _, _ = _NEW_ENTRY.unpack_from(data, offset)
        soname = data[start + key:data.index(b"\0", start + key)]
        target = data[start + value:data.index(b"\0", start + value)]
        # The first of equal names is the one of the best hardware capability.
        found.setdefault(os.fsdecode(soname), os.fsdecode(target))
    return found


def _run_ldconfig() -> Iterator[tuple[str, str]]:
    """Ask ldconfig, where its table is there but not in a form that is known here."""
    import subprocess

    for program in ("/sbin/ldconfig", "/usr/sbin/ldconfig"):
        try:
            listed = subprocess.run([program, "-p"], capture_output=True, timeout=10, check=False,
                                    stdin=subprocess.DEVNULL, env={"LC_ALL": "C"})
        except (OSError, subprocess.SubprocessError):
            continue
        for line in os.fsdecode(listed.stdout).splitlines():
            match = re.fullmatch(r"\s*(\S+) \(.*\) => (.+)", line)
            if match:
                yield match[1], match[2]
        return


# macOS and Windows.


def _darwin(name: str) -> Iterator[str]:
    stems = [f"lib{name}", name]
    for folder in _environment("DYLD_LIBRARY_PATH"):
        for stem in stems:
            yield os.path.join(folder, f"{stem}.dylib")
    for stem in stems:          # the program's and our own run paths; a bare name might be looked for right here
        yield f"@rpath/{stem}.dylib"
    # The system's libraries are in the loader's cache only, not in any folder.
    for folder in ("/usr/local/lib", "/usr/lib"):
        for stem in stems:
            path = f"{folder}/{stem}.dylib"
            if _is_there(path):
                yield path
    frameworks = [*_environment("DYLD_FRAMEWORK_PATH"), "/Library/Frameworks", "/System/Library/Frameworks"]
    for folder in [*frameworks, *_environment("DYLD_FALLBACK_FRAMEWORK_PATH")]:
        yield os.path.join(folder, f"{name}.framework", name)
    others = [os.path.join(sys.prefix, "lib"), os.path.expanduser("~/lib"),
              "/opt/homebrew/lib", "/usr/local/lib", "/opt/local/lib"]
    for folder in _environment("DYLD_FALLBACK_LIBRARY_PATH") + others:
        for stem in stems:
            path = os.path.join(folder, stem)
            if _is_there(f"{path}.dylib"):
                yield f"{path}.dylib"
            yield from sorted(glob(f"{escape(path)}.[0-9]*.dylib"), reverse=True)


def _windows(name: str) -> Iterator[str]:
    if name in ("c", "m"):
        yield "ucrtbase.dll"
    yield f"{name}.dll"
    yield f"lib{name}.dll"
