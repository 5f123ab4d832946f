"""Build a wheel for another system with zig, as a CPython there would be told to by its own sysconfig."""
from __future__ import annotations

import pprint
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from . import wheels
from .steps import run
from .zig import Zig

REPOSITORY = Path(__file__).resolve().parents[2]


def libffi(zig: Zig, target: Sequence[str], triplet: str, prefix: Path, log: Path, **known: str) -> dict[str, str]:
    """Build the vendored libffi for a target of zig's and its options; `known` is what configure need not find out."""
    shutil.rmtree(prefix, ignore_errors=True)
    command = [sys.executable, str(REPOSITORY / "tools/build/build_libffi.py"), "--prefix", str(prefix),
               "--host", triplet, "--cc", " ".join(zig.cc(*target))]
    run(command, log, {"CFLAGS": wheels.flags(prefix), "AR": zig.tool("ar"), "RANLIB": zig.tool("ranlib"),
                       **known})
    return {}


def build(zig: Zig, cc: str, link: str, suffix: str, platform: str, source: Path, prefix: Path, headers: Path,
          tools: Path, folder: Path, log: Path) -> Path:
    """Build the wheel; `suffix` is the extensions' (.cp313-win_amd64.pyd), `platform` what Python calls the system."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    variables = {
        "CC": cc, "CXX": cc, "CFLAGS": wheels.flags(source, prefix, headers), "CCSHARED": "", "OPT": "",
        "LDSHARED": link, "LDCXXSHARED": link, "LDFLAGS": "", "AR": zig.tool("ar"), "ARFLAGS": "rcs",
        "SHLIB_SUFFIX": f".{suffix.rpartition('.')[2]}", "EXT_SUFFIX": suffix, "SOABI": suffix.split(".")[1],
    }
    (folder / "_sysconfigdata_cross.py").write_text(f"build_time_vars = {pprint.pformat(variables)}\n")
    env = {"LIBFFI": "vendored", "LIBFFI_PREFIX": str(prefix), "LIBFFI_STRICT": "1", "PYTHONPATH": str(folder),
           "_PYTHON_SYSCONFIGDATA_NAME": "_sysconfigdata_cross", "_PYTHON_HOST_PLATFORM": platform}
    shutil.rmtree(source / "build", ignore_errors=True)
    run([str(tools), "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(source)], log, env)
    (wheel,) = folder.glob("*.whl")
    wheels.inspect(wheel)
    return wheel
