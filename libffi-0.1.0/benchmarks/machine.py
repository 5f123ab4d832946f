"""Say what the figures were measured on."""
import importlib.metadata
import os
import platform
import sys
import sysconfig
from datetime import UTC, datetime
from pathlib import Path

PACKAGES = ("libffi", "cffi", "Cython", "nanobind", "numpy", "pybind11")


def about():
    """Describe the machine, the interpreter and the packages."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}"
                  f"{'' if gil_enabled() else ', free-threaded'}",
        "compiler": sysconfig.get_config_var("CC"),
        "flags": sysconfig.get_config_var("OPT"),
        "versions": {name: found for name in PACKAGES if (found := version(name))},
        "libffi": features(),
    }


def cpu():
    """Name the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")),
                platform.machine())


def gil_enabled():
    """Tell whether this interpreter has a global lock."""
    return getattr(sys, "_is_gil_enabled", lambda: True)()


def version(name):
    """Give the version of an installed package, or None."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def features():
    """Say which libffi this package was built with."""
    try:
        from libffi import features
    except ImportError:
        return {}
    known = features()
    return {key: known[key] for key in ("version", "linkage", "call_plan")}
