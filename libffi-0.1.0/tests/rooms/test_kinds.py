"""The one table of kinds and scalars, and what is written down again for users of the C API."""
import re
from pathlib import Path

import pytest

from libffi import _ffi, c

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "_ffi" / "model" / "kinds.h"
PUBLIC = [ROOT / "include" / "libffi" / "libffi_api.h", ROOT / "include" / "libffi" / "__init__.pxd"]

pytestmark = pytest.mark.skipif(not TABLE.exists(), reason="needs the source tree")


@pytest.fixture(scope="module")
def table():
    return TABLE.read_text()


def enumerators(path, enum, prefix):
    """Return the names in a public enum, as Python spells them."""
    text = re.search(rf"enum {enum}\b\s*[{{:](.*?)(?:}}|\n\s*\n|enum )", path.read_text(), re.DOTALL)[1]
    return [name.lower() for name in re.findall(rf"\b{prefix}(\w+)", text)]


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: path.name)
def test_public_codes_begin_the_table(table, path):
    names = re.findall(r'^    \{"(\w+)", "', table, re.MULTILINE)
    codes = enumerators(path, "libffi_code", "LIBFFI_")
    assert len(codes) > 40 and codes == names[:len(codes)]      # a scalar without a code is reached by name


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: path.name)
def test_public_kinds_are_the_tables(table, path):
    kinds = re.findall(r'^    KIND\(\w+, +"(\w+)"', table, re.MULTILINE)
    assert enumerators(path, "libffi_kind", "LIBFFI_KIND_") == list(dict.fromkeys(kinds))


def test_every_scalar_is_in_the_table(table):
    names = re.findall(r'^    \{"(\w+)", "', table, re.MULTILINE)
    assert {name for name in _ffi.scalars if not name.startswith("sint")} == set(names)
    assert [getattr(c, name).kind for name in ("char16_t", "int128", "longdouble")] == ["wchar", "signed", "float"]


def test_order_of_kinds_is_known_to_the_table_only():
    for path in [*TABLE.parents[1].rglob("*.h"), *TABLE.parents[1].rglob("*.pyx")]:
        if path != TABLE:
            assert not re.search(r"[<>]=? *K_[A-Z]|\bK_[A-Z0-9_]+ *[<>]", path.read_text()), path
