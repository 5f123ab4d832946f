"""The words of C and of compilers' extensions: what is taken, what means nothing to a caller, what is refused."""
import sys

from libffi import ABI
from libffi._reader.windows import ANNOTATION, INTEGERS, PREFIXES

WINDOWS = sys.platform == "win32"

# Conventions of 32-bit x86: compilers for others take the words and do nothing.
_OF_I386 = {"stdcall": "STDCALL", "fastcall": "FASTCALL", "thiscall": "THISCALL"}
_MEANS_NOTHING = "" if "STDCALL" in ABI.__members__ else " ".join(_OF_I386)
# What Windows' headers call __stdcall, for declarations that were not preprocessed.
_STDCALL = "WINAPI APIENTRY CALLBACK NTAPI STDMETHODCALLTYPE WSAAPI".split() if WINDOWS else []

# Attributes that say how a function is called, and the names that libffi has for it here.
CONVENTIONS = {word: abi for word, abi in {**_OF_I386, "ms_abi": "GNUW64", "sysv_abi": "UNIX64"}.items()
               if abi in ABI.__members__ and (word in _OF_I386 or not WINDOWS)}
# The same as words of Microsoft's.
CONVENTION_WORDS = {
    **{f"__{word}": CONVENTIONS[word] for word in _OF_I386 if word in CONVENTIONS},
    **{word: CONVENTIONS["stdcall"] for word in _STDCALL if "stdcall" in CONVENTIONS},
}
# Compilers do not call variadic functions so.
NEVER_VARIADIC = frozenset(_OF_I386.values())

# The words of a type, as they are spelled in standard C.
TYPE_WORDS = {
    **{word: word for word in "void char short int long float double signed unsigned __int128 _Bool _Complex".split()},
    "__signed": "signed", "__signed__": "signed", "__complex": "_Complex", "__complex__": "_Complex",
    "_Float32": "float", "_Float64": "double", "_Float32x": "double",
    **(INTEGERS if WINDOWS else {}),
}
QUALIFIERS = {
    **dict.fromkeys(("const", "__const", "__const__"), "const"),
    **dict.fromkeys("""volatile __volatile __volatile__ restrict __restrict __restrict__ _Nullable _Nonnull
        _Null_unspecified __ptr64""".split(), ""),
}
STORAGE = frozenset("extern static register auto typedef".split())
TAGGED = frozenset(("struct", "union", "enum"))
ATTRIBUTE = frozenset(("__attribute__", "__attribute", "__declspec"))
ALIGNAS = frozenset(("_Alignas", "alignas"))
ASM = frozenset(("asm", "__asm", "__asm__"))
STATIC_ASSERT = frozenset(("_Static_assert", "static_assert"))
SIZE_OPERATORS = {
    "sizeof": "sizeof",
    **dict.fromkeys(("_Alignof", "alignof", "__alignof", "__alignof__"), "_Alignof"),
}
OFFSETOF = frozenset(("offsetof", "__builtin_offsetof"))
# These change nothing for a caller, wherever they stand.
IGNORED = frozenset([
    *"inline __inline __inline__ __forceinline __extension__ _Noreturn __cdecl".split(),
    *(f"__{word}" for word in _MEANS_NOTHING.split()),
    *(_STDCALL if _MEANS_NOTHING else []),
    *(PREFIXES if WINDOWS else []),
])

_NOT_SUPPORTED = "is not supported in declarations"
_THREAD_LOCAL = "thread-local variables cannot be reached by one address"
REFUSED = {
    **dict.fromkeys(("_Thread_local", "thread_local", "__thread"), _THREAD_LOCAL),
    "_Pragma": f"_Pragma {_NOT_SUPPORTED}: write #pragma",
    **{
        name: f"{name} {_NOT_SUPPORTED}"
        for name in """_Float128 __float128 _Float16 _Float64x _Float128x __fp16 __bf16 __ibm128
        __ieee128 _Decimal32 _Decimal64 _Decimal128 _Atomic _Generic _BitInt _Imaginary typeof
        typeof_unqual __typeof __typeof__ __auto_type __label__ __block __builtin_va_arg""".split()
    },
    **{
        name: f"the calling convention {name} {_NOT_SUPPORTED}: use CIF(..., abi=ABI.x).bind()"
        for name in "__stdcall __fastcall __thiscall __vectorcall __pascal __regcall".split()
        if name not in IGNORED and name not in CONVENTION_WORDS
    },
}

# No declared name is one of these.
KEYWORDS = frozenset([
    *TYPE_WORDS, *QUALIFIERS, *STORAGE, *TAGGED, *ATTRIBUTE, *ASM, *SIZE_OPERATORS, *IGNORED, *CONVENTION_WORDS,
    *REFUSED, "_Alignas", "_Static_assert",
    *"break case continue default do else for goto if return switch while".split(),
]) - {"alignof", "thread_local", "typeof"}

# Attributes that change neither how a function is called nor how a type is laid out.
HARMLESS_ATTRIBUTES = frozenset(
    f"""{_MEANS_NOTHING} access alloc_align alloc_size always_inline artificial assume_aligned availability cdecl
    cold const constructor copy counted_by deprecated designated_init destructor diagnose_if
    dllexport dllimport enable_if enum_extensibility error externally_visible fallthrough
    fd_arg fd_arg_read fd_arg_write flag_enum flatten format format_arg gnu_inline hot ifunc
    leaf malloc may_alias maybe_unused no_icf no_instrument_function no_sanitize no_sanitize_address
    no_sanitize_undefined no_split_stack nocf_check noclone nodiscard noescape noinline nonnull
    nonstring noreturn noreturn nothrow null_terminated_string_arg optimize overloadable ownership_holds
    ownership_returns ownership_takes pure reproducible retain returns_nonnull returns_twice
    section selectany sentinel simd swift_name swift_private symver tainted_args target
    target_clones unavailable unsequenced unused used uuid visibility warn_unused_result warning
    weak weak_import zero_call_used_regs""".split()
)
_OTHER_CONVENTIONS = frozenset(
    """ms_abi sysv_abi vectorcall regparm pcs pascal regcall aarch64_vector_pcs preserve_most preserve_all
    intel_ocl_bicc""".split()
)


def is_annotation(name: str) -> bool:
    """Say whether a name is one of Microsoft's annotations, which parentheses may follow."""
    return WINDOWS and name[:1] == "_" and ANNOTATION.fullmatch(name) is not None


def refused_attribute(name: str) -> str:
    """Return why an attribute that is not harmless is refused."""
    if name in _OTHER_CONVENTIONS:
        return f"the calling convention {name} {_NOT_SUPPORTED}: use CIF(..., abi=ABI.x).bind()"
    return f"the attribute {name!r} {_NOT_SUPPORTED}"
