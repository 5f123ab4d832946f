"""The calling conventions, and how the C compiler spells them."""
from __future__ import annotations

from dataclasses import dataclass

from . import compiler


@dataclass(frozen=True)
class Abi:
    name: str  # in libffi.ABI
    attribute: str = ""
    va: str = "va"  # what its va_list, va_start and va_end begin with
    variadic: bool = True
    by_reference: bool = False  # large arguments are; gcc's va_arg does not know that
    vectors: bool = True
    without: frozenset[str] = frozenset()  # `part`s of floats that it has not

    @property
    def attr(self) -> str:
        return f"__attribute__(({self.attribute}))" if self.attribute else ""


DEFAULT = Abi("DEFAULT")
KNOWN = [
    # x86-64
    Abi("UNIX64", "sysv_abi"),
    # gcc's long double is GNUW64's, not WIN64's.
    Abi("WIN64", "ms_abi", "__builtin_ms_va", by_reference=True, vectors=False, without=frozenset(["long double"])),
    Abi("EFI64", "ms_abi", "__builtin_ms_va", by_reference=True, vectors=False, without=frozenset(["long double"])),
    Abi("GNUW64", "ms_abi", "__builtin_ms_va", by_reference=True, vectors=False),
    # i386
    Abi("SYSV", "cdecl"),
    Abi("MS_CDECL", "cdecl, callee_pop_aggregate_return(0)"),
    Abi("STDCALL", "stdcall", variadic=False),
    Abi("FASTCALL", "fastcall", variadic=False),
    Abi("THISCALL", "thiscall", variadic=False),
    # arm
    Abi("SYSV", 'pcs("aapcs")'),
    Abi("VFP", 'pcs("aapcs-vfp")', variadic=False),
]


def testable(names: tuple[str, ...]) -> list[Abi]:
    """Return those of libffi's ABIs for which the compiler has an attribute."""
    return [abi for abi in KNOWN if abi.name in names and usable(abi)]


def usable(abi: Abi) -> bool:
    """Tell whether the compiler knows the attribute, and can compile for it: not for VFP where there are none."""
    return compiler.accepts(f"{abi.attr} double f(double x) {{ return x; }}")
