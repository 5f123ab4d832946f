"""The end of a Cython module: a function in its C that lets go of all that its variables hold, step by step.

Cython keeps objects in C variables: constants, classes, what `cdef` declares outside functions.  Nothing finds them
there when an interpreter ends and the module's copy with it (_ffi/module/ending.h).  The list of variables is taken
from the C that Cython writes to free them, so it is always that of the declarations.  A Cython that writes something
else: no such function, and they stay.
"""
import re
from pathlib import Path

CLEANUP = re.compile(r"/\*--- Global cleanup code ---\*/\n(.*?)__Pyx_CleanupGlobals\(", re.DOTALL)
STATE = re.compile(r"#if CYTHON_USE_MODULE_STATE\n(static CYTHON_SMALL_CODE int __pyx_m_clear\(PyObject \*m\) \{\n.*?"
                   r"\nreturn 0;\n\}\n)#endif\n", re.DOTALL)
END = """
/* ---- For libffi: what tools/build/module_end.py adds. ---- */
#include "base/emptying.h"

CYTHON_UNUSED static void end_of_module(int step)
{{
    if (step == CLEAR_MODULE) {{
        __pyx_module_cleanup(NULL);
        (void)__pyx_m_clear(NULL);
        Py_CLEAR(__pyx_m);
        return;
    }}
{variables}}}

#ifdef LIBFFI_MODULE
#ifdef __linux__        /* where images are copied (base/os/copies.h): elsewhere nobody asks for it */
Py_EXPORTED_SYMBOL void libffi_module_end(int step);
void libffi_module_end(int step)
{{
    end_of_module(step);
}}
#endif
#elif HAVE_COPIES
static void (*end_own_module)(int step) = end_of_module;
#endif
"""
VARIABLE = "    {0} = (void *)emptied((PyObject *){0}, step);\n"


def variables_of(module: str, text: str) -> "list[str]":
    """Name the variables that hold objects and change: those in capitals are constants, which finalizers may read."""
    mangled = "".join(f"{len(part)}{part}_" for part in module.split("."))
    cleanup = CLEANUP.search(text)
    return re.findall(rf"Py_CLEAR\((__pyx_v_{mangled}_*[a-z]\w*)\);", cleanup[1]) if cleanup else []


def add(path: Path, module: str) -> None:
    """Add the function to a C file that Cython wrote."""
    text = path.read_text(encoding="utf-8")
    variables = variables_of(module, text)
    # What clears a module's state is left out where that is in C variables.
    text, found = STATE.subn(lambda found: found[1].replace("__Pyx_State_RemoveModule(NULL);", ""), text, count=1)
    if variables and found:
        path.write_text(text + END.format(variables="".join(map(VARIABLE.format, variables))), encoding="utf-8")
