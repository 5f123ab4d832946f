#!/usr/bin/env python3
"""Build the pinned libffi as a static library.

    python tools/build/build_libffi.py --prefix DIR [--source ARCHIVE-OR-FOLDER] [--host TRIPLET] [--cc CC]
                                       [--unpatched]

The source is the archive of libffi's tag v3.8.0, recognised by the checksum of the uncompressed
tar (so any compression of it will do); without --source or LIBFFI_SOURCE it is downloaded from
libffi's own repository. An unpacked folder has no checksum: it is copied, never written to, and
taken if its configure.ac says the pinned version. The checksum is of libffi's own source; then
every *.patch of tools/build/libffi-patches is applied. CC, CFLAGS, LDFLAGS and configure's cache
variables are taken from the environment.
"""
import argparse
import hashlib
import importlib
import io
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path

import hardening
from packages import BuildError, missing

VERSION = "3.8.0"
URL = f"https://github.com/libffi/libffi/archive/refs/tags/v{VERSION}.tar.gz"
SHA256 = "6b1e8270bd7a7b2f872b90d9e13d975ee81ff137eae6f6c67bf444b668dc7547"  # of the uncompressed tar
CONFIGURE = [
    "--disable-shared", "--with-pic", "--disable-docs", "--without-gcc-arch",
    "--disable-multi-os-directory",  # always PREFIX/lib, never lib64
]
PATCHES = sorted((Path(__file__).resolve().parent / "libffi-patches").glob("*.patch"))
APPLIED = Path("share", "libffi", "patches")  # in the prefix: the names of the patches that are in it
LICENSE = Path("share", "licenses", "libffi", "LICENSE")  # in the prefix; written last, so it also says "finished"


def cached(build_dir: Path, source: str | None) -> Path:
    """Return a prefix under build_dir that holds the pinned libffi, building it unless it is there."""
    checked = Source(source, build_dir)
    cc = shlex.split(hardening.hardened(os.environ.get("CC", "cc")))
    ingredients = [
        checked.digest, *cc, first_line([*cc, "--version"]), first_line([*cc, "-dumpmachine"]), *CONFIGURE,
        *(os.environ.get(name, "") for name in ("CFLAGS", "CPPFLAGS", "LDFLAGS", "MACOSX_DEPLOYMENT_TARGET")),
        *(patch.read_text() for patch in PATCHES),
    ]
    key = hashlib.sha256("\0".join(ingredients).encode()).hexdigest()[:16]
    prefix = build_dir / f"libffi-{VERSION}-{key}"
    if not (prefix / LICENSE).exists():
        build(prefix, checked)
    return prefix


class Source:
    """libffi's source: checked when made, unpacked when asked."""

    def __init__(self, location: str | None, download_dir: Path) -> None:
        self.path = Path(location).expanduser().resolve() if location else download(download_dir)
        self.tar = b""
        if self.path.is_dir():
            self.check_folder()
            self.digest = tree_digest(self.path)
        elif self.path.is_file():
            self.tar = decompress(self.path)
            self.digest = hashlib.sha256(self.tar).hexdigest()
            if self.digest != SHA256:
                if not location:
                    self.path.unlink()  # the next try downloads again
                raise BuildError(
                    f"{self.path} is not the source archive of libffi's tag v{VERSION}.\n"
                    f"sha256 of the uncompressed tar: {self.digest}\n"
                    f"expected:                       {SHA256}"
                )
        else:
            raise BuildError(f"LIBFFI_SOURCE: there is no {self.path}.")

    def check_folder(self) -> None:
        script = self.path / "configure.ac"
        found = re.search(r"AC_INIT\(\[libffi\],\s*\[([^]]+)\]", script.read_text()) if script.exists() else None
        if not found or found[1] != VERSION:
            raise BuildError(f"{self.path} is not the source of libffi {VERSION}"
                             f" (its configure.ac {'says ' + found[1] if found else 'does not say so'}).")

    def unpack(self, folder: Path) -> Path:
        """Put a writable copy of the source into a new folder; return where its top is."""
        if not self.tar:
            built = shutil.ignore_patterns(".git", "*.o", "*.lo", "*.a", "*.la")
            top = Path(shutil.copytree(self.path, folder, ignore=built))
            for path in (top, *top.rglob("*")):
                path.chmod(path.stat().st_mode | stat.S_IWUSR)
            return top
        with tarfile.open(fileobj=io.BytesIO(self.tar)) as archive:
            if hasattr(tarfile, "data_filter"):
                archive.extraction_filter = tarfile.data_filter
            archive.extractall(folder)
        (top,) = folder.iterdir()
        return top


def download(folder: Path) -> Path:
    """Fetch the tag's archive, once."""
    path = folder / f"libffi-{VERSION}.tar.gz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with urllib.request.urlopen(URL, timeout=120) as answer:
                content = answer.read()
        except OSError as error:
            raise BuildError(f"Cannot download {URL}: {error}\n"
                             "Name an archive or an unpacked folder of it with LIBFFI_SOURCE.") from None
        path.write_bytes(content)
    return path


def decompress(path: Path) -> bytes:
    """Return the tar inside an archive of any usual compression."""
    content = path.read_bytes()
    modules = ((b"\x1f\x8b", "gzip"), (b"BZh", "bz2"), (b"\xfd7zXZ", "lzma"))
    module = next((name for magic, name in modules if content.startswith(magic)), None)
    if module is None:
        return content
    try:  # a small Python may have been built without any of them
        return bytes(importlib.import_module(module).decompress(content))
    except ImportError as error:
        raise BuildError(f"{path}: this Python cannot unpack it: {error}") from None
    except Exception as error:
        raise BuildError(f"{path} is damaged: {error}") from None


def tree_digest(folder: Path) -> str:
    """Return a digest of a folder's files, so that changing one builds anew."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and ".git" not in p.parts):
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def build(prefix: Path, source: Source, host: str | None = None, cc: str | None = None,
          patches: Sequence[Path] = PATCHES) -> None:
    """Build and install in a temporary folder, as autotools dislike spaces in paths; then copy to prefix."""
    check_tools()
    prefix = prefix.resolve()
    prefix.mkdir(parents=True, exist_ok=True)
    cc = cc or os.environ.get("CC") or (f"{host}-gcc" if host else "cc")
    command = hardening.hardened(cc)
    if hardening.for_macos(tuple(shlex.split(cc))):
        command += " -fvisibility=hidden"  # no linker there has version scripts
    env = dict(os.environ, CC=command)
    with tempfile.TemporaryDirectory(prefix="libffi-") as folder:
        top = source.unpack(Path(folder, "source"))
        stage = Path(folder, "prefix")
        options = [*CONFIGURE, f"--prefix={stage}", f"--libdir={stage / 'lib'}", *([f"--host={host}"] if host else [])]
        log = prefix / "build.log"
        log.unlink(missing_ok=True)
        for patch in patches:
            run(["patch", "-p1", "-i", str(patch)], top, log, env)
        run(["autoreconf", "-fi"], top, log, env)
        run(["./configure", *options], top, log, env)
        run(["make", f"-j{os.cpu_count()}"], top, log, env)
        run(["make", "install"], top, log, env)
        pc = stage / "lib" / "pkgconfig" / "libffi.pc"
        pc.write_text(pc.read_text().replace(str(stage), str(prefix)))
        (stage / "lib" / "libffi.la").unlink()  # knows the temporary folder only
        shutil.copytree(stage, prefix, dirs_exist_ok=True)
        (prefix / APPLIED).parent.mkdir(parents=True, exist_ok=True)
        (prefix / APPLIED).write_text("".join(f"{patch.stem}\n" for patch in patches))
        (prefix / LICENSE).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(top / "LICENSE", prefix / LICENSE)


def check_tools() -> None:
    """Name every missing autotool at once."""
    if sys.platform == "win32":
        raise BuildError("On Windows, build libffi by other means and name it with LIBFFI_PREFIX.")
    needed = ["autoconf", "automake", "aclocal", "make", "patch"]
    absent = [tool for tool in needed if not shutil.which(tool)]
    if not (shutil.which("libtoolize") or shutil.which("glibtoolize")):
        absent.append("libtoolize")
    if not absent and not has_ltdl():
        absent.append("ltdl.m4")
    if absent:
        raise missing(f"Building libffi {VERSION} needs {', '.join(absent)}.", "autotools")


def has_ltdl() -> bool:
    """Whether aclocal will find ltdl.m4, which libffi's configure.ac uses and Debian packages apart."""
    folder = first_line(["aclocal", "--print-ac-dir"])
    extra = Path(folder, "dirlist")
    folders = [folder, *(extra.read_text().split() if extra.exists() else []),
               *os.environ.get("ACLOCAL_PATH", "").split(os.pathsep)]
    for tool in filter(None, map(shutil.which, ("libtoolize", "glibtoolize"))):  # Homebrew's own share/aclocal
        folders.append(str(Path(tool).resolve().parent.parent / "share" / "aclocal"))
    return any(Path(f, "ltdl.m4").exists() for f in folders if f)


def first_line(command: list[str]) -> str:
    """Return the first line that a command prints, or nothing."""
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.partition("\n")[0].strip()
    except OSError:
        return ""


def run(command: list[str], folder: Path, log: Path, env: dict[str, str]) -> None:
    """Run one step with its output in the log; show the end of that if it fails."""
    with log.open("a") as out:
        out.write(f"$ {shlex.join(command)}\n")
        out.flush()
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env)
    if done.returncode:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-25:])
        raise BuildError(f"{tail}\n\nBuilding libffi {VERSION} failed at: {shlex.join(command)}\nThe whole log: {log}")


def main() -> None:
    """Build from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefix", type=Path, required=True, help="where to install")
    parser.add_argument("--source", default=os.environ.get("LIBFFI_SOURCE"), help="archive or unpacked folder")
    parser.add_argument("--host", help="triplet to build for, when cross-compiling")
    parser.add_argument("--cc", help="C compiler, else the environment's CC")
    parser.add_argument("--unpatched", action="store_true", help="libffi as it was released, to compare with")
    options = parser.parse_args()
    build(options.prefix, Source(options.source, options.prefix.parent), options.host, options.cc,
          [] if options.unpatched else PATCHES)
    print(f"libffi {VERSION}: {options.prefix / 'lib' / 'libffi.a'}")


if __name__ == "__main__":
    main()
