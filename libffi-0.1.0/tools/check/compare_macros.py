"""Compare macros that generated modules compute with a compiled program: see tools/check/headers."""
import random
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

SAMPLES = 20
SHOW = """
#include <stdio.h>
static void libffi_real(double x) { printf("%a\\n", x); }
static void libffi_natural(unsigned long long x) { printf("%llu\\n", x); }
static void libffi_whole(long long x) { printf("%lld\\n", x); }
#define LIBFFI_SHOW(x) _Generic((x), float: libffi_real, double: libffi_real, unsigned: libffi_natural, \\
    unsigned long: libffi_natural, unsigned long long: libffi_natural, default: libffi_whole)(x)
"""


def compare(compiler: Any, includes: str, made: Any) -> tuple[int, list[str]]:
    """Return how many macros of numbers alone were tried, and which of them C computes otherwise."""
    chance, lines, expected = random.Random(14), [], []
    for name, (table, text) in made._bindings._entries().items():
        head, _, formula = text.partition(" = ")
        parameters = re.findall(r"(\w+)=(\w+)", head)
        if table != "macros" or re.search(r"\bcall\(|\bpointer\b|\bptr\(|-> void\b", text) or {
                kind for _, kind in parameters} - {"number"}:
            continue
        macro = getattr(made, name)
        for _ in range(SAMPLES):
            arguments = [a_number(chance) for _ in parameters]
            try:
                value = macro(*arguments)
            except (TypeError, ValueError, ArithmeticError):
                continue        # C has no answer either
            if isinstance(value, str):
                break
            lines.append((name, f"({name}({', '.join(f'({number})' for number in arguments)}))"))
            expected.append(value or 0)     # None is NULL
    if not lines:
        return 0, []
    calls = "\n".join(f"LIBFFI_SHOW({line});" for _, line in lines)
    program = f"{includes}{SHOW}int main(void) {{\n{calls}\nreturn 0; }}\n"
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "check"
        command = [*compiler.command, "-w", "-O0", *compiler.flags, "-x", "c", "-", "-o", str(built)]
        subprocess.run(command, input=program, text=True, check=True)
        said = subprocess.run([built], capture_output=True, text=True, check=True).stdout.split()
    wrong = {name for (name, _), ours, theirs in zip(lines, expected, said, strict=True)
             if ours == ours and number(theirs) != (ours[0] if isinstance(ours, bytes) else ours)}
    return len({name for name, _ in lines}), sorted(wrong)


def a_number(chance: random.Random) -> int:
    """Return an int, mostly of a size that macros are made for."""
    return chance.choice([chance.randint(0, 8), chance.randint(-100, 300), 1 << chance.randint(0, 30),
                          chance.randint(-(1 << 31) + 1, (1 << 31) - 1)])


def number(text: str) -> float:
    """Return what the program printed."""
    return float.fromhex(text) if re.search("[xn]", text) else int(text)
