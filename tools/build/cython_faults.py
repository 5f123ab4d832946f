"""What Cython gets wrong, mended in the C that it wrote.

Cython 3.3.1: where there is no memory to append a comprehension's item, the helper that takes the item frees it, and so
does its caller.  Under `_testcapi.set_nomemory` that is a crash (tests/reliability/test_no_memory.py).
"""
import re
from pathlib import Path

# The helper stands there twice, for two sorts of list.
TWICE_FREED = re.compile(r"(int result = PyList_Append\(list, x\);\n\s*)(Py_DECREF\(x\);\n\s*return result;)")


def mend(path: Path) -> None:
    """Mend a C file that Cython wrote; one that is mended, or has not the fault, stays as it is."""
    text = path.read_text(encoding="utf-8")
    mended = TWICE_FREED.sub(r"\1if (result == 0) \2", text)
    if mended != text:
        path.write_text(mended, encoding="utf-8")
