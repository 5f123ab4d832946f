"""Build libffi._ffi: one Cython module, compiled against the system's libffi or a vendored one; and the fronts of
libffi.compat, which are extensions on the C API in include/ as anybody's would be.

pyproject.toml holds the metadata; tools/build/find_libffi.py finds or builds libffi (the environment
variables LIBFFI, LIBFFI_SOURCE and LIBFFI_PREFIX are explained there). LIBFFI_STRICT=1 makes
compiler warnings errors, as CI does.
"""
import hashlib
import os
import shutil
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "tools" / "build"))  # build backends do not put the project on the path

import cython_faults  # noqa: E402
import find_libffi  # noqa: E402
import hardening  # noqa: E402
import libffi_config  # noqa: E402
import module_end  # noqa: E402

CORE = sorted(p for p in Path("_ffi").rglob("*") if p.suffix in {".pyx", ".pxd", ".pxi", ".h", ".c"})
FRONTS = {      # module: the folder of its sources
    "libffi.compat._ctypes": "_compat/ctypes",
    "libffi.compat.cffi._cdata": "_compat/cffi",
}
# Of the core's room for what knows nothing of types they use what Cython and the public header have no names for.
BASE = [Path("_ffi/base", name) for name in (
    "callables.pyx", "emptying.h", "handlers.pyx", "held_view.h", "shared_dict.h", "stack.h", "trashcan.h")]
SHARED = [*sorted(Path("_compat").glob("*.h")), *BASE]
HEADERS = sorted(p for p in Path("include", "libffi").glob("*") if p.suffix in {".h", ".pxd", ".pxi"})
MSVC = sys.platform == "win32"

OPTIMIZE = [] if MSVC else ["-O3", "-fvisibility=hidden"]
# Cython's own C passes too, but for the slots that each new CPython adds at the end of a type.
STRICT = ["/W3", "/WX"] if MSVC else ["-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers"]


def fingerprint(paths):
    """Return a name for what is built of these files: only copies of one build share what they name by it."""
    digest = hashlib.sha256(sysconfig.get_config_var("EXT_SUFFIX").encode())
    for path in paths:
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]


class BuildExt(build_ext):
    """Find libffi, ask its header what it has, make C of all Cython; then C compilers run side by side."""

    def build_extensions(self):
        for ext in self.extensions:
            if ext.name in FRONTS:
                self.prepare(ext, FRONTS[ext.name])
            else:
                self.prepare_core(ext)
        self.parallel = self.parallel or True       # as many as there are processors
        super().build_extensions()

    def prepare(self, ext, folder):
        ext.include_dirs += [folder, "include", "_ffi"]
        if not MSVC:
            ext.extra_compile_args += hardening.compile_options(self.compiler.compiler_so)
            ext.extra_compile_args += hardening.known(tuple(self.compiler.compiler_so), [["-fno-plt"]], ("-O2", "-c"))
            ext.extra_link_args += hardening.link_options(self.compiler.compiler_so)
        ext.extra_compile_args += OPTIMIZE + (STRICT if os.environ.get("LIBFFI_STRICT") == "1" else [])
        made = Path(self.build_temp, ext.sources[0]).with_suffix(".c")
        if not self.is_current(made, [*ext.sources, *ext.depends]):
            from Cython.Build import cythonize
            from Cython.Compiler import Options

            Options.generate_cleanup_code = 3       # for module_end
            cythonize([ext], build_dir=self.build_temp, include_path=[folder, "include", "_ffi"])
            cython_faults.mend(made)
            module_end.add(made, ext.name)
        ext.sources = [str(made)]

    def is_current(self, made, sources):
        """Whether this Cython made a C file of these sources.

        Cython would ask for the age of its own files, too, and those of pip's build environments are always new.
        """
        from Cython import __version__

        if not made.exists() or made.stat().st_mtime <= max(Path(path).stat().st_mtime for path in sources):
            return False
        with made.open(encoding="utf-8") as text:
            return f"Cython {__version__} " in text.readline()

    def prepare_core(self, ext):
        libffi = find_libffi.find(self.compiler, ROOT / "build")
        temp = Path(self.build_temp)
        config = libffi_config.write(temp / "libffi_config.h", libffi, self.compiler)
        find_libffi.check_link(libffi, self.compiler, temp)

        ext.include_dirs += ["_ffi", str(temp), *libffi.include_dirs]
        ext.define_macros.append(("FFIPY_BUILD", f'"{fingerprint([*map(str, CORE), str(config)])}"'))
        ext.library_dirs += libffi.library_dirs
        ext.libraries += libffi.libraries
        if libffi.linkage == "vendored" and not MSVC:
            self.compiler.linker_so = hardening.without_rpath(self.compiler.linker_so)
        ext.extra_link_args += libffi.link_args
        ext.depends += [str(config), *libffi.depends]
        self.prepare(ext, "_ffi")
        self.ship_license(libffi)

    def ship_license(self, libffi):
        """Put libffi's licence beside the extension that contains libffi."""
        folder = Path(self.build_lib, "libffi", "licenses")
        shutil.rmtree(folder, ignore_errors=True)
        if libffi.license:
            folder.mkdir(parents=True)
            shutil.copyfile(libffi.license, folder / "LICENSE.libffi")


class BuildPy(build_py):
    """Ship include/libffi inside the package, where libffi.get_include() finds it."""

    def run(self):
        self.remove_stale()
        super().run()
        if not self.editable_mode:
            self.ship_headers()

    def remove_stale(self):
        """Forget modules of an earlier build: setuptools would ship one that is no longer in src/."""
        for path in Path(self.build_lib, "libffi").rglob("*"):
            if path.suffix in {".py", ".pyi"}:
                path.unlink()

    def ship_headers(self):
        folder = Path(self.build_lib, "libffi", "include", "libffi")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for header in HEADERS:
            shutil.copyfile(header, folder / header.name)
        shutil.copyfile("include/libffi/__init__.pxd", folder.parents[1] / "__init__.pxd")  # for `cimport libffi`


setup(
    ext_modules=[
        Extension(
            "libffi._ffi",
            ["_ffi/_ffi.pyx"],
            depends=[p.as_posix() for p in CORE + HEADERS],
        ),
        *(
            Extension(
                name,
                [f"{folder}/{name.rpartition('.')[2]}.pyx"],
                depends=[p.as_posix() for p in [*sorted(Path(folder).iterdir()), *SHARED, *HEADERS]],
            )
            for name, folder in FRONTS.items()
        ),
    ],
    cmdclass={"build_ext": BuildExt, "build_py": BuildPy},
)
