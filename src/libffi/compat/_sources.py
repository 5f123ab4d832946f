"""Run the source of a module of the standard library under a name of ours, over our `_ctypes`."""
from __future__ import annotations

import builtins
import os.path
import sys
from _frozen_importlib_external import SourceFileLoader  # importlib would be all of that package

TYPE_CHECKING = False           # typing is not imported: it takes longer than all the rest
if TYPE_CHECKING:
    from types import CodeType, ModuleType
    from typing import Any

HERE = "libffi.compat.ctypes"
OURS = {"_ctypes": "libffi.compat._ctypes", "ctypes": HERE}


def folder() -> str:
    """Return the folder of the interpreter's own ctypes package."""
    for path in sys.path:
        found = os.path.join(path, "ctypes")
        if os.path.isfile(os.path.join(found, "__init__.py")):
            return found
    raise ImportError("the interpreter's ctypes package is not on sys.path", name="ctypes")


def code(name: str) -> CodeType:
    """Return the code of a module of that package, compiled once as for any import."""
    path = os.path.join(folder(), f"{name}.py")
    if not os.path.isfile(path):
        raise ModuleNotFoundError(f"the interpreter's ctypes has no {name}", name=f"ctypes.{name}")
    loader = SourceFileLoader(f"ctypes.{name}", path)
    found = loader.get_code(loader.name)
    assert found is not None
    return found


def ours(name: str) -> str:
    """Return the name under which a module is ours."""
    first, dot, rest = name.partition(".")
    return OURS[first] + dot + rest if first in OURS else name


def imported(name: str) -> ModuleType:
    """Return the module of that whole name."""
    builtins.__import__(name)
    return sys.modules[name]


def import_ours(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> ModuleType:
    """What `import` does in that source: `ctypes` and `_ctypes` are ours there."""
    renamed = ours(name) if level == 0 else name
    if renamed == name:
        return builtins.__import__(name, globals, locals, fromlist, level)
    module = imported(renamed)
    if fromlist:
        for item in fromlist:
            if not hasattr(module, item) and hasattr(module, "__path__"):
                try:
                    imported(f"{renamed}.{item}")
                except ModuleNotFoundError:
                    pass
        return module
    return sys.modules[ours(name.partition(".")[0])]


def run(name: str, namespace: dict[str, Any]) -> None:
    """Run a module of that package in a namespace; what it imports of ctypes is ours."""
    namespace["__builtins__"] = {**vars(builtins), "__import__": import_ours}
    exec(code(name), namespace)
