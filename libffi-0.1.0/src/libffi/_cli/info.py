"""`info`: which libffi this is and what it can do."""
import argparse
from typing import Any

_LABELS = {
    "version": "libffi at run time",
    "build_version": "libffi at build time",
    "linkage": "linked with",
    "patches": "patched",
    "default_abi": "default ABI",
    "abis": "ABIs",
    "call_plan": "call plans",
    "int128": "128-bit integers",
    "complex": "complex numbers",
    "vectors": "SIMD vectors",
    "static_trampolines": "static trampolines",
    "go_closures": "Go closures",
    "raw_api": "raw API",
    "native_raw_api": "native raw API",
    "closure_size": "size of a closure",
    "pointer_size": "size of a pointer",
    "long_double": "long double",
    "byteorder": "byte order",
    "char_signed": "char is signed",
    "wchar_signed": "wchar_t is signed",
}


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    parser = commands.add_parser("info", help="show which libffi this is and what it can do")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the facts; return the exit code."""
    import platform

    import libffi

    facts: dict[str, Any] = {
        "package": libffi.__version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        **libffi.features(),
    }
    if options.json:
        import json

        print(json.dumps(facts, indent=2))
        return 0
    for key, value in facts.items():
        if isinstance(value, bool):
            value = "yes" if value else "no"
        elif isinstance(value, (tuple, list)):
            value = " ".join(map(str, value)) or "no"
        print(f"{_LABELS.get(key, key.replace('_', ' ')):<21} {value}")
    return 0
