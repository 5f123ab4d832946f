"""Programs of tools/ as modules, though their names have no `.py`."""
import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path

TOOLS = Path(__file__).parents[2] / "tools"


def load_tool(name):
    """Import a program of that path in tools/ anew."""
    loader = SourceFileLoader(Path(name).name, str(TOOLS / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module
