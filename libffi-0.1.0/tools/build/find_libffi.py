"""Find the libffi to build against. setup.py calls this; it needs nothing but Python.

    LIBFFI=system     (default) libffi 3.4 or newer, asked of pkg-config
    LIBFFI=vendored   the pinned libffi, built by build_libffi.py and linked statically;
                      LIBFFI_SOURCE names its archive or unpacked folder, else it is downloaded;
                      LIBFFI_PREFIX names a finished build of it, as build_libffi.py makes
"""
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import build_libffi
import hardening
from packages import BuildError, missing

OLDEST = (3, 4)


@dataclass
class Libffi:
    """What a compiler and a linker need to know about one libffi."""

    linkage: str  # "system" or "vendored"
    version: str
    include_dirs: list[str] = field(default_factory=list)
    library_dirs: list[str] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    link_args: list[str] = field(default_factory=list)
    depends: list[str] = field(default_factory=list)  # files that make a rebuild necessary
    license: Path | None = None  # to ship, where libffi is linked in
    patches: list[str] = field(default_factory=list)  # ours that are in it: names in tools/build/libffi-patches


def find(compiler: Any, build_dir: Path) -> Libffi:
    """Return the libffi that the environment asks for; `compiler` is a distutils compiler."""
    check_compiler(compiler)
    wanted = os.environ.get("LIBFFI", "system")
    if wanted == "system":
        return system()
    if wanted == "vendored":
        return vendored(build_dir, compiler)
    raise BuildError(f"LIBFFI={wanted} is neither 'system' nor 'vendored'.")


def check_compiler(compiler: Any) -> None:
    """Refuse early, in plain words, where there is no C compiler or no Python.h."""
    command = getattr(compiler, "compiler_so", None)  # MSVC finds itself
    if command and not shutil.which(command[0]):
        raise missing(f"The C compiler '{command[0]}' was not found.", "compiler")
    if not any(Path(sysconfig.get_path(p), "Python.h").exists() for p in ("include", "platinclude")):
        raise missing("Python.h was not found.", "python")


def system() -> Libffi:
    """Ask pkg-config for the installed libffi."""
    command = os.environ.get("PKG_CONFIG") or shutil.which("pkg-config") or shutil.which("pkgconf")
    if not command or not shutil.which(command):
        raise missing("pkg-config was not found.", "pkg-config", "libffi")
    env = dict(os.environ)
    if sys.platform == "darwin":  # Homebrew keeps its libffi out of pkg-config's sight
        kegs = [f"{p}/opt/libffi/lib/pkgconfig" for p in ("/opt/homebrew", "/usr/local")]
        env["PKG_CONFIG_PATH"] = os.pathsep.join(filter(None, [env.get("PKG_CONFIG_PATH"), *kegs]))

    def ask(*options: str) -> str | None:
        done = subprocess.run([command, *options, "libffi"], env=env, capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else None

    version = ask("--modversion")
    if version is None:
        raise missing("libffi was not found by pkg-config.", "libffi")
    if tuple(map(int, version.split("-")[0].split(".")[:2])) < OLDEST:
        raise BuildError(f"libffi {version} is too old: this package needs 3.4 or newer. "
                         "LIBFFI=vendored builds and links a new one.")
    flags = (ask("--cflags") or "").split() + (ask("--libs") or "").split()
    found = Libffi("system", version)
    for flag in flags:
        where = {"-I": found.include_dirs, "-L": found.library_dirs, "-l": found.libraries}.get(flag[:2])
        found.link_args.append(flag) if where is None else where.append(flag[2:])
    return found


def vendored(build_dir: Path, compiler: Any) -> Libffi:
    """Build the pinned libffi (or take LIBFFI_PREFIX), to be linked statically and hidden."""
    if "LIBFFI_PREFIX" in os.environ:
        prefix = Path(os.environ["LIBFFI_PREFIX"]).resolve()
    else:
        prefix = build_libffi.cached(build_dir, os.environ.get("LIBFFI_SOURCE"))
    archive, license = prefix / "lib" / "libffi.a", prefix / build_libffi.LICENSE
    applied = prefix / build_libffi.APPLIED
    pc = prefix / "lib" / "pkgconfig" / "libffi.pc"
    version = re.search(r"^Version: *(\S+)", pc.read_text(), re.MULTILINE) if pc.exists() else None
    if not (archive.exists() and license.exists() and applied.exists() and version):
        raise BuildError(f"{prefix} is not what `python tools/build/build_libffi.py --prefix {prefix}` makes.")
    cc = tuple(compiler.compiler_so)
    if hardening.for_windows(cc) or hardening.for_macos(cc):
        hidden = [str(archive)]  # a DLL shows only what says so, and macOS's libffi was compiled to be hidden
    else:  # every ELF linker knows version scripts; --exclude-libs is not known to zig's
        hidden = [str(archive), f"-Wl,--version-script={Path(__file__).resolve().parent / 'hidden.map'}"]
    return Libffi("vendored", version[1], include_dirs=[str(prefix / "include")], link_args=hidden,
                  depends=[str(archive)], license=license, patches=applied.read_text().split())


def check_link(libffi: Libffi, compiler: Any, temp: Path) -> None:
    """Link a program that needs ffi_call, so that a broken libffi is reported as such."""
    temp.mkdir(parents=True, exist_ok=True)
    source = temp / "link_check.c"
    source.write_text("#include <ffi.h>\nint main(void) { ffi_cif c; ffi_call(&c, 0, 0, 0); return 0; }\n")
    try:
        objects = compiler.compile([str(source)], str(temp), include_dirs=libffi.include_dirs)
        compiler.link_executable(objects, str(temp / "link_check"), libraries=libffi.libraries,
                                 library_dirs=libffi.library_dirs, extra_postargs=libffi.link_args)
    except Exception as error:  # distutils' own errors; the compiler has printed the details
        raise BuildError(
            f"A program using libffi {libffi.version} ({libffi.linkage}) does not link: {error}\n"
            "Its header and its library do not belong together, or are for another architecture."
        ) from None
