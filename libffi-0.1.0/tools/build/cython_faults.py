"""What Cython gets wrong, or leaves out, mended in the C that it wrote.

Cython 3.3.1: where there is no memory to append a comprehension's item, the helper that takes the item frees it, and so
does its caller.  Under `_testcapi.set_nomemory` that is a crash (tests/reliability/test_no_memory.py).

What clears a module's state is left out where that is in C variables.  An interpreter whose copy of the extension is
unloaded needs it (_ffi/module/ending.h); with a Cython that writes it otherwise the state stays.
"""
import re
from pathlib import Path

# The helper stands there twice, for two sorts of list.
TWICE_FREED = re.compile(r"(int result = PyList_Append\(list, x\);\n\s*)(Py_DECREF\(x\);\n\s*return result;)")
CLEARED = re.compile(r"#if CYTHON_USE_MODULE_STATE\n(static CYTHON_SMALL_CODE int __pyx_m_clear\(PyObject \*m\) \{\n.*?"
                     r"\nreturn 0;\n\}\n)#endif\n", re.DOTALL)
CLEARS = "/* in any case, for libffi */\nCYTHON_UNUSED "


def with_clear(text: str) -> str:
    """Have the C define that function."""
    return CLEARED.sub(lambda found: CLEARS + found[1].replace("__Pyx_State_RemoveModule(NULL);", ""), text, count=1)


def clears_state(path: Path) -> bool:
    """Whether such a C file has `__pyx_m_clear`."""
    return CLEARS in path.read_text(encoding="utf-8")


def mend(path: Path) -> None:
    """Mend a C file that Cython wrote; one that is mended, or has not the fault, stays as it is."""
    text = path.read_text(encoding="utf-8")
    mended = with_clear(TWICE_FREED.sub(r"\1if (result == 0) \2", text))
    if mended != text:
        path.write_text(mended, encoding="utf-8")
