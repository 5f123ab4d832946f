"""What functions of a shim refer to: one symbol that no library has, and none of them could be loaded."""
import re
from collections.abc import Callable, Iterable

from libffi import Library, SymbolNotFound
from libffi._bindgen.compiler import Compiler

_LABEL = re.compile(r'"?([A-Za-z_][\w.$]*)"?:')
_WORD = re.compile(r"[A-Za-z_][\w.$]*")
# Of the assembler's directives, only those that put an address somewhere; .globl is of what comes next.
_OTHER_DIRECTIVE = re.compile(r"\s*\.(?!(?:quad|long|word|xword|dword|8byte|4byte)\b)")


def missing_references(
    compiler: Compiler, preprocessed: str, functions: Iterable[str], declared: Iterable[str],
    missing: Callable[[str], str],
) -> dict[str, str]:
    """Return which functions of a C text refer to a declared symbol that is nowhere, and what `missing` says of it."""
    words = _words_by_label(compiler.assemble(preprocessed))
    process = Library(None)
    reasons: dict[str, str] = {}
    for symbol in set(declared) & set().union(*words.values()) - words.keys():
        try:
            process.symbol(symbol)
        except SymbolNotFound:
            if reason := missing(symbol):
                reasons[symbol] = reason
    found: dict[str, str] = {}
    for function in functions if reasons else ():
        reached: set[str] = set()
        waiting = [function]
        while waiting:      # a shim's function may call an inline one, which refers to it
            label = waiting.pop()
            if label in words and label not in reached:
                reached.add(label)
                waiting += words[label]
                for symbol in sorted(words[label] & reasons.keys()):
                    found.setdefault(function, reasons[symbol])
    return found


def _words_by_label(assembly: str) -> dict[str, set[str]]:
    """Return the words between each label and the next."""
    found: dict[str, set[str]] = {"": set()}
    words = found[""]
    for line in assembly.splitlines():
        if match := _LABEL.match(line):
            words = found.setdefault(match[1], set())
        elif not _OTHER_DIRECTIVE.match(line):
            words.update(_WORD.findall(line))
    return found
