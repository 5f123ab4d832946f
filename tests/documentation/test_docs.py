"""What the documentation says is so: every code block runs, every link and name exists.

Fences: `pycon` is a doctest, `python` runs as it stands, both in one namespace per page;
`console` commands of ours run and print what is shown; `c`, `sh` and `text` are only read.
`<!-- needs: vectors -->` in front of a block runs it where libffi.features() has that, or a module of that name is
installed.
"""
import doctest
import inspect
import os
import re
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers.surroundings import SANITIZER

import libffi
from libffi import _ffi, c

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), ROOT / "examples" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES = [page for page in PAGES if "_build" not in page.parts]
FENCE = re.compile(r"(?:<!-- needs: ([\w.]+) -->\n)?^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPTIONS = doctest.ELLIPSIS


def blocks(page):
    """Yield (language, code, line number) of the blocks that can run here."""
    text = page.read_text()
    for match in FENCE.finditer(text):
        needs, language, code = match.groups()
        if needs is None or libffi.features().get(needs) or find_spec(needs):
            yield language, code, text.count("\n", 0, match.start(3))


def needs_the_usual_qsort():
    if SANITIZER in ("address", "thread"):
        pytest.skip("the sanitizer's qsort compares once more")


def in_folder(page):
    return str(page.relative_to(ROOT))


def run_doctest(code, names, where, line):
    test = doctest.DocTestParser().get_doctest(code, names, where, where, line)
    report = []
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    runner.run(test, out=report.append, clear_globs=False)
    names.update(test.globs)
    assert not runner.failures, "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=in_folder)
def test_code_runs(page, tmp_path, monkeypatch):
    if page.stem == "closures":
        needs_the_usual_qsort()
    monkeypatch.chdir(tmp_path)
    for module in ("_cffi_backend", "ctypes", "_ctypes"):       # which the page on other packages' fronts replaces
        if find_spec(module):
            monkeypatch.setitem(sys.modules, module, import_module(module))
    names = {"__name__": "__main__"}
    for language, code, line in blocks(page):
        where = in_folder(page)
        if language == "pycon":
            run_doctest(code, names, where, line)
        elif language == "python":
            exec(compile("\n" * line + code, where, "exec", dont_inherit=True), names)
        elif language == "console":
            run_console(code, where, line)
        else:
            assert language in {"c", "sh", "text", "toml"} or language.startswith("{"), (where, line, language)


def run_console(code, where, line):
    for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", code, re.MULTILINE):
        if not command.startswith("python -m libffi"):
            raise AssertionError(f"{where}:{line}: nobody checks what `{command}` prints")
        done = subprocess.run(
            command.replace("python", f'"{sys.executable}"', 1), shell=True, text=True, timeout=60,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        assert doctest.OutputChecker().check_output(expected, done.stdout, OPTIONS), \
            f"{where}:{line}: {command}\n{done.stdout}"


# ---- links ----


def anchors(page):
    """The anchors of a page's headings, as GitHub and MyST make them."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=in_folder)
def test_links(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text())):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        linked = page.parent / path if path else page
        assert linked.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors(linked), f"{page.name}: {target}"


def test_files_that_are_named_exist():
    for page in PAGES:
        text = FENCE.sub("", page.read_text())
        for name in re.findall(r"`((?:examples|tests|tools|benchmarks|docs|_ffi|src|include)/[\w./-]+)`", text):
            assert (ROOT / name).exists(), f"{page.name}: {name}"


def test_tests_that_are_named_exist():
    files = list((ROOT / "tests").rglob("test_*.py"))
    tests = {name for path in files for name in re.findall(r"^\s*def (test_\w+)", path.read_text(), re.MULTILINE)}
    tests |= {name for path in files for name in (path.name, path.stem)}
    for page in PAGES:
        for name in re.findall(r"`(test_\w+(?:\.py)?|…_\w+)`", page.read_text()):
            found = any(test.endswith(name[1:]) for test in tests) if name.startswith("…") else name in tests
            assert found, f"{page.name}: {name}"


# ---- docstrings ----


def documented():
    """Yield (name, object) of everything public, and its members."""
    modules = {"libffi": libffi, "libffi.c": c}
    for module, contents in modules.items():
        yield module, contents
        for name in contents.__all__:
            value = getattr(contents, name)
            yield f"{module}.{name}", value
            if isinstance(value, type):
                for member, what in vars(value).items():
                    if not member.startswith("_"):
                        yield f"{module}.{name}.{member}", what


@pytest.mark.thread_unsafe(reason="doctest changes sys.stdout")
def test_docstrings():
    names = {}
    for name, value in documented():
        doc = inspect.getdoc(value) if not isinstance(value, libffi.Type) else None
        if doc and ">>>" in doc:
            run_doctest(doc, dict(names), name, 0)


# ---- the reference ----

REFERENCE = ROOT / "docs" / "reference.md"

# Every public name of libffi 3.8's ffi.h on x86-64 Linux.
FFI_H = """
    ffi_prep_cif ffi_prep_cif_var ffi_call ffi_get_struct_offsets
    ffi_call_plan ffi_call_plan_alloc ffi_call_plan_invoke ffi_call_plan_free ffi_call_plan_size
    ffi_closure ffi_closure_alloc ffi_closure_free ffi_prep_closure ffi_prep_closure_loc
    ffi_go_closure ffi_prep_go_closure ffi_call_go
    ffi_raw ffi_raw_closure ffi_raw_call ffi_ptrarray_to_raw ffi_raw_to_ptrarray ffi_raw_size
    ffi_prep_raw_closure ffi_prep_raw_closure_loc
    ffi_java_raw ffi_java_raw_closure ffi_java_raw_call ffi_java_ptrarray_to_raw ffi_java_raw_to_ptrarray
    ffi_java_raw_size ffi_prep_java_raw_closure ffi_prep_java_raw_closure_loc
    ffi_get_version ffi_get_version_number ffi_get_default_abi ffi_get_closure_size
    ffi_type ffi_cif ffi_abi ffi_status ffi_arg ffi_sarg
    ffi_type_void ffi_type_uint8 ffi_type_sint8 ffi_type_uint16 ffi_type_sint16 ffi_type_uint32
    ffi_type_sint32 ffi_type_uint64 ffi_type_sint64 ffi_type_uint128 ffi_type_sint128 ffi_type_float
    ffi_type_double ffi_type_longdouble ffi_type_pointer ffi_type_complex_float ffi_type_complex_double
    ffi_type_complex_longdouble ffi_type_uchar ffi_type_schar ffi_type_ushort ffi_type_sshort ffi_type_uint
    ffi_type_sint ffi_type_ulong ffi_type_slong
    FFI_OK FFI_BAD_TYPEDEF FFI_BAD_ABI FFI_BAD_ARGTYPE
    FFI_FIRST_ABI FFI_LAST_ABI FFI_DEFAULT_ABI FFI_UNIX64 FFI_WIN64 FFI_EFI64 FFI_GNUW64
    FFI_TYPE_VOID FFI_TYPE_INT FFI_TYPE_FLOAT FFI_TYPE_DOUBLE FFI_TYPE_LONGDOUBLE FFI_TYPE_UINT8
    FFI_TYPE_SINT8 FFI_TYPE_UINT16 FFI_TYPE_SINT16 FFI_TYPE_UINT32 FFI_TYPE_SINT32 FFI_TYPE_UINT64
    FFI_TYPE_SINT64 FFI_TYPE_STRUCT FFI_TYPE_POINTER FFI_TYPE_COMPLEX FFI_TYPE_UINT128 FFI_TYPE_SINT128
    FFI_TYPE_VECTOR FFI_TYPE_LAST
    FFI_TARGET_HAS_COMPLEX_TYPE FFI_TARGET_HAS_INT128 FFI_TARGET_HAS_VECTOR_TYPE
    FFI_CLOSURES FFI_GO_CLOSURES FFI_NATIVE_RAW_API FFI_TRAMPOLINE_SIZE FFI_SIZEOF_ARG FFI_SIZEOF_JAVA_RAW
    FFI_EXTRA_CIF_FIELDS FFI_VERSION_STRING FFI_VERSION_NUMBER FFI_FN FFI_CL FFI_API FFI_EXTERN
""".split()


def header():
    """The text of an ffi.h of this machine, or None."""
    folders = [os.environ.get("LIBFFI_PREFIX", "/nowhere") + "/include", "/usr/include", "/usr/local/include",
               *map(str, Path("/usr/include").glob("*-linux-*"))]
    for folder in folders:
        parts = [Path(folder, name) for name in ("ffi.h", "ffitarget.h")]
        if all(part.exists() for part in parts):
            return "".join(part.read_text() for part in parts)
    return None


def test_reference_names_all_of_ffi_h():
    text = REFERENCE.read_text()
    assert [name for name in FFI_H if not re.search(rf"`{name}\b", text)] == []


def test_reference_knows_the_header_at_hand():
    text = header()
    if text is None:
        pytest.skip("no ffi.h here")
    declared = set(re.findall(r"\b(ffi_\w+)\s*\(", text)) | set(re.findall(r"\bffi_type ffi_type_\w+", text))
    declared = {name.split()[-1] for name in declared}
    page = REFERENCE.read_text()
    assert sorted(name for name in declared if not re.search(rf"`{name}\b", page)) == []


def test_reference_spells_python_right():
    rows = re.findall(r"^\| (`.*?) \| (.*?) \|", REFERENCE.read_text(), re.MULTILINE)
    assert len(rows) > 60
    for _, spelling in rows:
        for name in re.findall(r"`((?:CIF|Closure|Function|Library|ABI|Type|Memory|Pointer|c)(?:\.\w+)*|\w+\(\))",
                               spelling):
            value = libffi
            for part in name.removesuffix("()").split("."):
                value = getattr(value, part)
    for key in re.findall(r'features\(\)\["(\w+)"\]', REFERENCE.read_text()):
        assert key in libffi.features()


def test_api_page_lists_everything_public():
    text = (ROOT / "docs" / "api.md").read_text()
    missing = [name for name in libffi.__all__ if name != "c" and not re.search(rf"libffi\.{name}\b", text)]
    assert missing == []
    constructors = [name for name in c.__all__ if name not in _ffi.scalars]
    assert [name for name in constructors if f"libffi.c.{name}" not in text] == []


def test_every_scalar_is_in_the_table():
    text = (ROOT / "docs" / "guide" / "types.md").read_text()
    assert [name for name in _ffi.scalars if f"`{name}`" not in text] == []


def test_architecture_names_every_compiled_file():
    page = (ROOT / "docs" / "architecture.md").read_text()
    core = ROOT / "_ffi"
    files = [path.relative_to(core).as_posix() for path in core.rglob("*")
             if path.suffix in {".h", ".pyx", ".pxd", ".pxi"}]
    assert [name for name in files if f"`{name}`" not in page] == []
    fronts = page[page.index("`_compat/` has extensions"):page.index("## One call")]
    for folder in (ROOT / "_compat" / "ctypes", ROOT / "_compat" / "cffi"):
        table = fronts.split(f"| file of `_compat/{folder.name}/` |")[1].split("\n\n")[0]
        assert [path.name for path in folder.iterdir() if f"`{path.name}`" not in table] == []


def test_limits_name_every_known_fault():
    page = (ROOT / "docs" / "guide" / "limits.md").read_text()
    faults = (ROOT / "tests" / "c" / "faults").glob("*.c")
    assert [fault.name for fault in faults if f"`{fault.name}`" not in page] == []


# ---- the README's table: what the other two do ----


@pytest.fixture
def cffi():
    return pytest.importorskip("cffi")


def test_exceptions_in_callbacks_of_others(cffi, monkeypatch, capsys):
    needs_the_usual_qsort()
    import ctypes

    printed = []
    monkeypatch.setattr(sys, "unraisablehook", lambda problem: printed.append(problem.exc_type))

    def fail(a, b):
        raise LookupError

    numbers = (ctypes.c_int * 2)(2, 1)
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(fail)
    ctypes.CDLL(None).qsort(numbers, 2, 4, compare)
    assert printed == [LookupError]

    ffi = cffi.FFI()
    ffi.cdef("void qsort(void *, size_t, size_t, int (*)(const void *, const void *));")
    compare = ffi.callback("int(const void *, const void *)", fail)
    ffi.dlopen(None).qsort(ffi.from_buffer(numbers), 2, 4, compare)
    assert printed == [LookupError] * 2 or "LookupError" in capsys.readouterr().err


def test_conversions_of_others(cffi):
    import ctypes
    import pickle

    assert ctypes.c_int8(300).value == 44
    undeclared = ctypes.CDLL(None).abs
    assert undeclared.restype is ctypes.c_int and undeclared(-3) == 3
    with pytest.raises(ValueError, match="pickled"):
        pickle.dumps(undeclared)
    assert not hasattr(ctypes, "c_int128")
    if sys.version_info < (3, 14):
        assert not hasattr(ctypes, "c_double_complex")

    ffi = cffi.FFI()
    ffi.cdef("int abs(int); double cabs(double _Complex); long double fabsl(long double);")
    with pytest.raises(OverflowError):
        ffi.new("signed char *", 300)
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(ffi.dlopen(None).abs)
    libm = ffi.dlopen(libffi.Library("m").path)
    with pytest.raises(NotImplementedError, match="complex"):
        libm.cabs(1j)
    assert ffi.typeof(libm.fabsl(1.5)).cname == "long double"
    with pytest.raises(cffi.FFIError):
        cffi.FFI().cdef("__int128 f(void);")
