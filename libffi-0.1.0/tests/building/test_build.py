"""The build: what it finds, what it refuses, and that every refusal says what to do."""
from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools" / "build"

pytestmark = [
    pytest.mark.skipif(not (ROOT / "setup.py").exists(), reason="needs the source tree"),
    pytest.mark.thread_unsafe(reason="builds the package"),
]


@pytest.fixture(scope="module", autouse=True)
def tools():
    sys.path.insert(0, str(TOOLS))
    yield
    sys.path.remove(str(TOOLS))


@pytest.fixture
def path_without(tmp_path):
    """Make a PATH on which some programs are missing."""

    def make(*missing: str) -> str:
        for folder in reversed(os.environ["PATH"].split(os.pathsep)):
            for program in Path(folder).iterdir() if Path(folder).is_dir() else ():
                link = tmp_path / "bin" / program.name
                link.parent.mkdir(exist_ok=True)
                link.unlink(missing_ok=True)
                if program.name not in missing:
                    link.symlink_to(program)
        return str(tmp_path / "bin")

    return make


@pytest.fixture
def build(tmp_path):
    """Start a build of the package in folders of its own; return how it ended and what it said."""

    def run(**env: str) -> tuple[int, str]:
        pytest.importorskip("Cython")
        clean = {k: v for k, v in os.environ.items() if not k.startswith("LIBFFI")}
        command = [sys.executable, "setup.py", "-q", "build_ext", "--force",
                   "--build-lib", str(tmp_path / "lib"), "--build-temp", str(tmp_path / "temp")]
        done = subprocess.run(command, cwd=ROOT, env=clean | env, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


def says_what_to_install(output: str, *packages: str) -> None:
    assert "Traceback" not in output
    lines = {line.split(":")[0].strip(): line for line in output.splitlines() if ":" in line}
    for system, package in zip(("Debian, Ubuntu", "Fedora", "Alpine", "macOS"), packages, strict=True):
        assert package in lines[system]


def test_no_pkg_config(build, path_without):
    status, output = build(PATH=path_without("pkg-config", "pkgconf", "x86_64-linux-gnu-pkg-config"))
    assert status != 0 and "pkg-config was not found" in output
    says_what_to_install(output, "pkg-config libffi-dev", "pkgconf-pkg-config libffi-devel", "pkgconf", "pkgconf")


def test_no_libffi(build, tmp_path):
    if not shutil.which("pkg-config"):
        pytest.skip("needs pkg-config")
    status, output = build(PKG_CONFIG_LIBDIR=str(tmp_path), PKG_CONFIG_PATH="")
    assert status != 0 and "libffi was not found" in output and "LIBFFI=vendored" in output
    says_what_to_install(output, "libffi-dev", "libffi-devel", "libffi-dev", "libffi")


def test_too_old_a_libffi(build, tmp_path):
    if not shutil.which("pkg-config"):
        pytest.skip("needs pkg-config")
    (tmp_path / "libffi.pc").write_text("Name: libffi\nDescription: old\nVersion: 3.3\nLibs: -lffi\n")
    status, output = build(PKG_CONFIG_LIBDIR=str(tmp_path), PKG_CONFIG_PATH="")
    assert status != 0 and "libffi 3.3 is too old" in output and "Traceback" not in output


def test_no_compiler(build):
    status, output = build(CC="no-such-compiler")
    assert status != 0 and "'no-such-compiler' was not found" in output
    says_what_to_install(output, "gcc", "gcc", "gcc", "xcode-select --install")


def test_no_autotools(monkeypatch, path_without):
    import build_libffi

    monkeypatch.setenv("PATH", path_without("autoconf", "libtoolize", "glibtoolize", "patch"))
    with pytest.raises(SystemExit) as caught:
        build_libffi.check_tools()
    says_what_to_install(str(caught.value), "autoconf automake libtool libltdl-dev make patch",
                         "libtool-ltdl-devel make patch", "autoconf automake libtool make patch",
                         "autoconf automake libtool")
    for tool in ("autoconf", "libtoolize", "patch"):
        assert tool in str(caught.value).splitlines()[1]


def test_a_prefix_that_holds_nothing(build, tmp_path):
    status, output = build(LIBFFI="vendored", LIBFFI_PREFIX=str(tmp_path))
    assert status != 0 and "tools/build/build_libffi.py --prefix" in output and "Traceback" not in output


def test_neither_system_nor_vendored(build):
    status, output = build(LIBFFI="bundled")
    assert status != 0 and "LIBFFI=bundled is neither 'system' nor 'vendored'" in output


def archive_of(tmp_path: Path, text: str) -> Path:
    """Write a small libffi-like source archive and return its path."""
    with tarfile.open(tmp_path / "libffi.tar", "w") as tar:
        member = tarfile.TarInfo("libffi-3.8.0/configure.ac")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text.encode()))
    (tmp_path / "libffi.tar.gz").write_bytes(gzip.compress((tmp_path / "libffi.tar").read_bytes()))
    return tmp_path / "libffi.tar.gz"


def test_a_wrong_checksum_is_refused(build, tmp_path):
    archive = archive_of(tmp_path, "AC_INIT([libffi],[3.8.0])\n")
    status, output = build(LIBFFI="vendored", LIBFFI_SOURCE=str(archive))
    assert status != 0 and "is not the source archive of libffi's tag v3.8.0" in output
    assert "6b1e8270bd7a7b2f872b90d9e13d975ee81ff137eae6f6c67bf444b668dc7547" in output
    assert "Traceback" not in output


def test_the_checksum_is_of_the_uncompressed_tar(tmp_path, monkeypatch):
    import build_libffi

    archive = archive_of(tmp_path, "AC_INIT([libffi],[3.8.0])\n")
    digest = build_libffi.hashlib.sha256((tmp_path / "libffi.tar").read_bytes()).hexdigest()
    monkeypatch.setattr(build_libffi, "SHA256", digest)
    for path in (archive, tmp_path / "libffi.tar"):
        source = build_libffi.Source(str(path), tmp_path)
        assert (source.unpack(tmp_path / path.suffix) / "configure.ac").exists()


def test_a_download_is_checked_and_kept(tmp_path, monkeypatch):
    import build_libffi

    archive = archive_of(tmp_path, "AC_INIT([libffi],[3.8.0])\n")
    monkeypatch.setattr(build_libffi, "URL", archive.as_uri())
    with pytest.raises(SystemExit, match="is not the source archive"):
        build_libffi.Source(None, tmp_path / "build")
    assert not any((tmp_path / "build").iterdir())

    digest = build_libffi.hashlib.sha256((tmp_path / "libffi.tar").read_bytes()).hexdigest()
    monkeypatch.setattr(build_libffi, "SHA256", digest)
    build_libffi.Source(None, tmp_path / "build")
    archive.unlink()
    build_libffi.Source(None, tmp_path / "build")
    with pytest.raises(SystemExit, match="Cannot download .*\n.*LIBFFI_SOURCE"):
        build_libffi.Source(None, tmp_path / "elsewhere")


@pytest.mark.parametrize(("text", "message"), [
    ("AC_INIT([libffi],[3.4.4])\n", "says 3.4.4"),
    ("AC_INIT([other],[3.8.0])\n", "does not say so"),
    (None, "does not say so"),
])
def test_a_folder_of_another_version_is_refused(tmp_path, text, message):
    import build_libffi

    if text:
        (tmp_path / "configure.ac").write_text(text)
    with pytest.raises(SystemExit, match=message):
        build_libffi.Source(str(tmp_path), tmp_path)


def test_a_damaged_or_absent_archive(tmp_path):
    import build_libffi

    (tmp_path / "half.tar.gz").write_bytes(gzip.compress(b"x" * 100)[:20])
    with pytest.raises(SystemExit, match="damaged"):
        build_libffi.Source(str(tmp_path / "half.tar.gz"), tmp_path)
    with pytest.raises(SystemExit, match="there is no"):
        build_libffi.Source(str(tmp_path / "nowhere"), tmp_path)


def test_abis_are_read_from_any_layout_of_the_header():
    import libffi_config

    header = """
    typedef enum ffi_abi { FFI_FIRST_ABI = 0,
      FFI_SYSV, FFI_THISCALL = 3, FFI_MS_CDECL = (FFI_SYSV + 7), FFI_EFI64 = FFI_THISCALL , FFI_LAST_ABI,
      FFI_DEFAULT_ABI = FFI_SYSV } ffi_abi;
    typedef enum { FFI_OK = 0 } ffi_status;
    """
    assert libffi_config.abis(header) == ["FFI_SYSV", "FFI_THISCALL", "FFI_MS_CDECL", "FFI_EFI64"]
    with pytest.raises(SystemExit):
        libffi_config.abis("int ffi_abi;")


def test_a_function_counts_only_when_it_is_declared():
    import libffi_config
    from find_libffi import Libffi

    header = "typedef enum ffi_abi { FFI_UNIX64 } ffi_abi; void ffi_raw_call (ffi_cif *cif);"
    lines = libffi_config.render(header, Libffi("system", "3.4.4")).splitlines()
    assert "#define FFIPY_HAVE_RAW 1" in lines
    assert "#define FFIPY_HAVE_CALL_PLAN 0" in lines
    assert '#define FFIPY_LINKAGE "system"' in lines and '#define FFIPY_BUILD_VERSION "3.4.4"' in lines
    assert "#define FFIPY_ABIS(X) X(FFI_UNIX64)" in lines
    assert '#define FFIPY_PATCHES ""' in lines


def test_patches_are_known_to_the_c_code():
    import libffi_config
    from find_libffi import Libffi

    header = "typedef enum ffi_abi { FFI_UNIX64 } ffi_abi;"
    lines = libffi_config.render(header, Libffi("vendored", "3.8.0", patches=["one", "two"])).splitlines()
    assert '#define FFIPY_PATCHES "one two"' in lines
    assert "#define FFIPY_PATCHED_one 1" in lines and "#define FFIPY_PATCHED_two 1" in lines
