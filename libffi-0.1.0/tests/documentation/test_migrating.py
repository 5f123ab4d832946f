"""The page for people who come from ctypes or cffi has every name that they may look for."""
import ctypes
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "migrating.md"
SERIES = re.compile(r"c_u?int(8|16|32|64)|c_u?byte")      # the page shows the ends of a series


def words(begin, end=None):
    text = PAGE.read_text()
    return set(re.findall(r"\w+", text[text.index(begin):text.index(end) if end else None]))


def public(namespace, modules=()):
    return {name for name in dir(namespace) if not name.startswith("_") and name not in modules}


def test_every_name_of_ctypes_is_there():
    missing = public(ctypes, {"util", "wintypes", "macholib"}) - words("## From ctypes", "## From cffi")
    assert {name for name in missing if not SERIES.fullmatch(name)} == set()


def test_every_method_of_cffi_is_there():
    cffi = pytest.importorskip("cffi")
    cffi.FFI()      # adds CData and CType
    assert public(cffi.FFI) - words("## From cffi") == set()
