"""Run the source of a module of the standard library under a name of ours, over our `_ctypes`."""
import builtins
import sys
from _frozen_importlib_external import PathFinder  # importlib would be all of that package

TYPE_CHECKING = False           # typing is not imported: it takes longer than all the rest
if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType
    from typing import Any

HERE = "libffi.compat.ctypes"
OURS = {"_ctypes": "libffi.compat._ctypes", "ctypes": HERE}


def found(name: str, folders: list[str] | None = None) -> "ModuleSpec":
    """Return where the interpreter's module of that name is: in a folder, or in the archive of a small one."""
    spec = PathFinder.find_spec(name, folders)
    if spec is None:
        raise ModuleNotFoundError(f"the interpreter has no {name}", name=name)
    return spec


PACKAGE = found("ctypes")


def folder() -> str:
    """Return the folder of the interpreter's own ctypes package."""
    locations = PACKAGE.submodule_search_locations
    assert locations is not None
    return locations[0]


def code(name: str) -> "CodeType":
    """Return the code of a module of that package, compiled once as for any import."""
    spec = PACKAGE if name == "__init__" else found(f"ctypes.{name}", [folder()])
    loader: Any = spec.loader
    compiled: CodeType = loader.get_code(spec.name)
    return compiled


def ours(name: str) -> str:
    """Return the name under which a module is ours."""
    first, dot, rest = name.partition(".")
    return OURS[first] + dot + rest if first in OURS else name


def imported(name: str) -> "ModuleType":
    """Return the module of that whole name."""
    builtins.__import__(name)
    return sys.modules[name]


def import_ours(
    name: str, globals: "Any" = None, locals: "Any" = None, fromlist: "Any" = (), level: int = 0
) -> "ModuleType":
    """What `import` does in that source: `ctypes` and `_ctypes` are ours there."""
    if name == "struct" and fromlist == ("calcsize",):
        return imported(OURS["_ctypes"])        # which has it, while struct takes as long as a sixth of ctypes
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


def run(name: str, namespace: "dict[str, Any]") -> None:
    """Run a module of that package in a namespace; what it imports of ctypes is ours."""
    namespace["__builtins__"] = {**vars(builtins), "__import__": import_ours}
    exec(code(name), namespace)
