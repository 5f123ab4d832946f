"""What Cython 3.2 and 3.3 get wrong, mended in the C that it wrote.

Where there is no memory to append a comprehension's item, the helper that takes the item frees it, and so does its
caller.  Under `_testcapi.set_nomemory` that is a crash (tests/reliability/test_no_memory.py).

The rest are references, of which an interpreter that ends, with its copy of the module, has too many or too few.
Functions and generators of Cython's have classes of the heap, of which each has a reference: it goes with the object
where all classes are of the heap, and is forgotten otherwise.  Before CPython 3.12 such a class gives up a reference to
`type` that it does not have.  Who gives a slot's wrapper its text keeps a reference to the wrapper.  The variable of a
comprehension at a module's level takes None without a reference.
"""
import re
from pathlib import Path

# The helper stands there twice, for two sorts of list.
TWICE_FREED = re.compile(r"(int result = PyList_Append\(list, x\);\n\s*)(Py_DECREF\(x\);\n\s*return result;)")
KEPT_WRAPPER = re.compile(r"(\(\(PyWrapperDescrObject \*\)wrapper\)->d_base = &\w+;\n\s*\}\n)(\s*\})")
FORGOTTEN_CLASS = re.compile(r"#if CYTHON_USE_TYPE_SPECS(\n#define __Pyx_PyHeapTypeObject_GC_Del\(obj\)  \{)")
WITHOUT_METACLASS = re.compile(r"(?<!HEAPTYPE\) )(Py_DECREF\(old_tp\);)")
NONE_LEFT = re.compile(r"(?<!; )(__Pyx_DECREF_SET\(__pyx_\d*genexpr\d*__pyx_v_\w+, Py_None\);)")


def mend(path: Path) -> None:
    """Mend a C file that Cython wrote; one that is mended, or has not the fault, stays as it is."""
    text = path.read_text(encoding="utf-8")
    mended = TWICE_FREED.sub(r"\1if (result == 0) \2", text)
    mended = KEPT_WRAPPER.sub(r"\1    Py_DECREF(wrapper);\n\2", mended)
    mended = FORGOTTEN_CLASS.sub(r"#if 1\1", mended)
    mended = WITHOUT_METACLASS.sub(r"if (((PyTypeObject *)old_tp)->tp_flags & Py_TPFLAGS_HEAPTYPE) \1", mended)
    mended = NONE_LEFT.sub(r"Py_INCREF(Py_None); \1", mended)
    if mended != text:
        path.write_text(mended, encoding="utf-8")
