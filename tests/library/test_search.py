"""Search: from short names to what the loader knows."""
import pickle
import shutil
import struct
import sys
import tracemalloc

import pytest

import libffi
from libffi import Library, LibraryNotFound, SymbolNotFound
from libffi import _search as search

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux only")


def new_cache(entries, start=0):
    """Return a table as glibc writes it; offsets count from its own start."""
    strings, rows = b"", []
    base = 48 + 24 * len(entries)
    for soname, path in entries:
        key = base + len(strings)
        strings += soname.encode() + b"\0"
        rows.append(struct.pack("=iIIIQ", 0x0303, key, base + len(strings), 0, 0))
        strings += path.encode() + b"\0"
    return b"glibc-ld.so.cache1.1" + struct.pack("=II20x", len(entries), len(strings)) + b"".join(rows) + strings


def test_names_that_are_not_found_leave_nothing():
    """glob() keeps the patterns of thousands of names."""
    def ask(names):
        for name in names:
            assert list(search.candidates(f"no_such_library_{name}"))

    ask(range(5))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        ask(range(5, 65))
        assert tracemalloc.get_traced_memory()[0] - before < 35_000
    finally:
        tracemalloc.stop()


ENTRIES = [("libssl.so.3", "/lib/libssl.so.3"), ("libssl.so.1.1", "/lib/libssl.so.1.1"),
           ("libssl.so.10", "/lib/libssl.so.10"), ("libssl3.so", "/lib/libssl3.so"),
           ("libm.so.6", "/lib/hwcaps/libm.so.6"), ("libm.so.6", "/lib/libm.so.6")]


def test_the_loaders_table(tmp_path):
    file = tmp_path / "ld.so.cache"
    file.write_bytes(new_cache(ENTRIES))
    table = search.read_cache(str(file))
    assert table["libm.so.6"] == "/lib/hwcaps/libm.so.6"
    assert len(table) == 5
    assert search._known("libssl", table) == ["libssl.so.10", "libssl.so.3", "libssl.so.1.1"]
    assert search._known("libm", table) == ["libm.so.6"]


def test_the_loaders_table_behind_the_old_one(tmp_path):
    file = tmp_path / "ld.so.cache"
    old = b"ld.so-1.7.0\0" + struct.pack("=I", 3) + bytes(36)
    file.write_bytes(old + bytes(-len(old) % 8) + new_cache(ENTRIES))
    assert search.read_cache(str(file))["libssl.so.3"] == "/lib/libssl.so.3"


@pytest.mark.parametrize("data", [b"", b"x" * 100, b"ld.so-1.7.0\0\xff\xff\xff\xff", b"glibc-ld.so.cache1.1",
                                  new_cache(ENTRIES)[:150], b"glibc-ld.so.cache1.1" + b"\xff" * 28])
def test_a_broken_table_is_no_table(tmp_path, data):
    file = tmp_path / "ld.so.cache"
    file.write_bytes(data)
    assert search.read_cache(str(file)) == {}
    assert search.read_cache(str(tmp_path / "none")) == {}


def test_the_development_link_decides_between_versions(tmp_path):
    for version in ("1", "2"):
        (tmp_path / f"libx.so.{version}").write_text(version)
    (tmp_path / "libx.so").symlink_to("libx.so.1")
    table = {name: str(tmp_path / name) for name in ("libx.so", "libx.so.1", "libx.so.2")}
    assert search._known("libx", table) == ["libx.so.1", "libx.so.2"]


def test_versions_are_numbers():
    names = ["libx.so.1.9", "libx.so.1.10", "libx.so", "libx.so.2"]
    assert sorted(names, key=search._version) == ["libx.so", "libx.so.1.9", "libx.so.1.10", "libx.so.2"]


def test_configuration_files(tmp_path):
    conf = tmp_path / "ld.so.conf"
    conf.write_text("include ld.so.conf.d/*.conf  # comment\n/opt/b\n")
    (tmp_path / "ld.so.conf.d").mkdir()
    (tmp_path / "ld.so.conf.d" / "a.conf").write_text(f"# only\n/opt/a\ninclude {conf}\n")
    assert set(search._read_conf(str(conf), 0)) == {"/opt/a", "/opt/b"}  # although they include each other
    assert search._read_conf(str(tmp_path / "none"), 0) == []


@pytest.mark.parametrize("name", ["libz.so.1", "libz.so", "/usr/lib/libz.so.1", "./x", "libz.1.dylib", "z.dll"])
def test_file_names_go_to_the_loader_as_they_are(name):
    assert list(search.candidates(name)) == [name]


def test_macos_names(monkeypatch):
    """The system's libraries are no files there: the loader is asked."""
    in_its_cache = {"/usr/lib/libsqlite3.dylib"}
    monkeypatch.setattr(libffi._ffi, "_loader_has_without_file", in_its_cache.__contains__)
    monkeypatch.setenv("DYLD_LIBRARY_PATH", "/mine")
    names = list(search.candidates("sqlite3", "darwin"))
    assert names[:3] == ["/mine/libsqlite3.dylib", "/mine/sqlite3.dylib", "@rpath/libsqlite3.dylib"]
    assert "/usr/lib/libsqlite3.dylib" in names and "/usr/lib/sqlite3.dylib" not in names
    assert all("/" in name for name in names)       # the current folder is not searched
    assert "/System/Library/Frameworks/OpenGL.framework/OpenGL" in search.candidates("OpenGL", "darwin")


def test_macos_folders(tmp_path, monkeypatch):
    (tmp_path / "libthing.dylib").touch()
    (tmp_path / "libthing.2.dylib").touch()
    monkeypatch.setenv("DYLD_FALLBACK_LIBRARY_PATH", str(tmp_path))
    names = list(search.candidates("thing", "darwin"))
    assert names.index(str(tmp_path / "libthing.dylib")) < names.index(str(tmp_path / "libthing.2.dylib"))


def test_windows_names():
    assert list(search.candidates("msvcrt", "win32")) == ["msvcrt.dll", "libmsvcrt.dll"]


def test_musl_and_the_plain_name_come_before_folders(monkeypatch):
    # musl answers for libm.so by itself; the file of that name may be a second libc.
    monkeypatch.setattr(search, "read_cache", dict)
    monkeypatch.setattr(search, "_elf_folders", lambda: ["/nowhere"])
    monkeypatch.setattr(search, "_run_ldconfig", lambda: iter([("libq.so.4", "/lib/libq.so.4")]))
    assert next(search.candidates("c", "linux")) == "libc.so"
    if sys.platform.startswith("linux"):
        assert list(search.candidates("q", "linux")) == ["libq.so", "libq.so.4", "q.so"]


@linux
def test_the_systems_own():
    assert Library("m").function("cos", libffi.c.double, [libffi.c.double])(0.0) == 1.0
    assert Library("c").function("abs", libffi.c.int, [libffi.c.int])(-1) == 1
    for name, path in (("z", "libz.so.1"), ("sqlite3", "libsqlite3.so.0"), ("expat", "libexpat.so.1")):
        try:
            assert Library(name).path == path
        except LibraryNotFound:
            continue


@linux
def test_without_the_table_folders_are_searched(monkeypatch):
    monkeypatch.setattr(search, "read_cache", dict)
    found = [path for path in search._in_folders("libm", search._elf_folders()) if ".so.6" in path]
    assert found, "no libm in the loader's folders"
    # Where libm.so is a linker script, the next candidate is taken.
    assert Library("m").symbol("cos")


@linux
def test_ldconfig_says_the_same_as_its_table():
    listed = dict(search._run_ldconfig())
    if listed:
        assert set(listed) == set(search.read_cache())


@linux
def test_ld_library_path(compile_c, tmp_path, run_python):
    built = compile_c("int answer(void) { return 42; }", "libanswer")
    shutil.copy(built, tmp_path / "libanswer.so.3")
    (tmp_path / "libanswer.so.4").write_text("broken")
    assert run_python("""
        import libffi
        lib = libffi.Library("answer")
        lib.declare("int answer(void);")
        print(lib.path, lib.answer())
    """, env={"LD_LIBRARY_PATH": str(tmp_path)}).split() == [str(tmp_path / "libanswer.so.3"), "42"]


@linux
def test_why_a_candidate_failed_is_told(tmp_path, monkeypatch):
    (tmp_path / "libwrong.so.1").write_text("/* GNU ld script */" * 10)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    reason = r"(invalid ELF header|.*Exec format.*)"    # glibc's words, musl's
    with pytest.raises(LibraryNotFound, match=r"'wrong' not found, tried: .*libwrong\.so\.1 \("
                                              + reason + r"\), libwrong\.so"):
        Library("wrong")


def test_no_program_is_run_and_nothing_is_searched_at_import(run_python):
    run_python("""
        import sys
        before = set(sys.modules)
        import libffi
        for module in ("subprocess", "libffi._search", "libffi._reader", "libffi._foreign", "ctypes", "typing", "enum",
                       "copyreg", "itertools", "__future__"):
            assert module in before or module not in sys.modules, module
        import subprocess
        def refuse(*args, **kwargs):
            raise AssertionError(args)
        subprocess.Popen = subprocess.run = refuse
        libffi.Library("m")
        try:
            libffi.Library("no_such_library_here")
        except libffi.LibraryNotFound:
            pass
    """)


@linux
def test_only_names_that_a_loader_asks_for(compile_c, tmp_path, run_python):
    built = compile_c("int answer(void) { return 42; }", "libanswer")
    for name in ("libm.so.evil", "libm.so.6.bak", "libm.so.6~", "libm.so.6-old", "libmath.so.6", "libm.so.d"):
        shutil.copy(built, tmp_path / name)
    path = run_python("import libffi; print(libffi.Library('m').path)", env={"LD_LIBRARY_PATH": str(tmp_path)})
    assert str(tmp_path) not in path


@linux
def test_with_more_rights_than_its_user_the_environment_is_not_looked_at(tmp_path, monkeypatch):
    (tmp_path / "libthing.so.3").touch()
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    assert str(tmp_path / "libthing.so.3") in search.candidates("thing")
    monkeypatch.setattr(libffi._ffi, "_trusts_environment", lambda: False)
    assert str(tmp_path / "libthing.so.3") not in search.candidates("thing")


@linux
@pytest.mark.parametrize("script", [
    "/* GNU ld script */\nOUTPUT_FORMAT(elf64-x86-64)\nGROUP ( {path} AS_NEEDED ( libm.so.6 ) )\n",
    "INPUT({path} -lm)", "INPUT(libnone_such.a,={path})", 'GROUP(AS_NEEDED(-lnone_such) "{path}")',
    "INPUT(beside.so.1)", "INPUT(-lnone_such)\nGROUP({path})", "INPUT({self})\nINPUT({path})",
])
def test_linker_scripts_are_followed(compile_c, tmp_path, script):
    built = compile_c("int answer(void) { return 42; }", "libanswer")
    shutil.copy(built, tmp_path / "beside.so.1")
    path = tmp_path / "libscript.so"
    path.write_text(script.format(path=built, self=path))
    library = Library(path)
    library.declare("int answer(void);")
    assert library.answer() == 42 and library.path.endswith(".1" if "beside" in script else str(built))


@linux
@pytest.mark.parametrize("script", [
    "GROUP({path} {other})", "GROUP({other} {path})", "INPUT({path})\nINPUT(-lnone_such {other})",
    "GROUP({path} AS_NEEDED({other}))", "INPUT({other} -lm {path} libnone_such.so.7)",
])
def test_all_objects_of_a_script_have_their_symbols(compile_c, tmp_path, script):
    built = compile_c("int answer(void) { return 42; }", "libanswer")
    other = compile_c("int question = 6; int both(void) { return 2; }", "libquestion")
    path = tmp_path / "libscript.so"
    path.write_text(script.format(path=built, other=other))
    library = Library(path)
    library.declare("int answer(void), both(void), question;")
    assert (library.answer(), library.both(), library.question.value) == (42, 2, 6)
    assert pickle.loads(pickle.dumps(library.both))() == 2
    with pytest.raises(SymbolNotFound, match="neither"):
        library.symbol("neither")
    library.close()
    with pytest.raises(ValueError, match="closed"):
        library.both()
    with pytest.raises(ValueError, match="closed"):
        library.symbol("both")


@linux
@pytest.mark.parametrize("text", ["", "GROUP ( )", "INPUT(-lnone_such)", "int x;", "GROUP(" * 1000,
                                  "\0GROUP(libm.so.6)"])
def test_what_is_no_script_is_not_found(tmp_path, text):
    path = tmp_path / "libscript.so"
    path.write_text(text)
    with pytest.raises(LibraryNotFound, match="libscript"):
        Library(path)


@linux
def test_no_script_of_the_working_folder(compile_c, tmp_path, monkeypatch):
    (tmp_path / "libnone_such.so").write_text(f"INPUT({compile_c('int x;', 'libx')})")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LibraryNotFound):
        Library("none_such")
