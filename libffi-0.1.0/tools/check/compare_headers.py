"""Compare generated modules with what the compiler says of the same headers: see tools/check/headers."""
import argparse
import importlib.util
import json
import keyword
import os
import re
import resource
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
KNOWN = Path(__file__).with_name("headers.json")
SLICE = ("zlib", "sqlite3", "curl", "libuv", "lmdb", "jansson")
LEAST = {"functions": 0.997, "constants": 0.997, "layouts": 1.0, "inline": 0.99}

Row = dict[str, Any]        # the figures of one set
Rows = dict[str, Row | None]


def main() -> int:
    """Measure some sets, each in a process of its own; print and perhaps write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--slice", action="store_true", help="the six sets that CI runs")
    parser.add_argument("--write", action="store_true", help="write docs/headers.md")
    parser.add_argument("--file", type=Path, default=KNOWN, help="where other sets are described, as in headers.json")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sets = json.loads(options.file.read_text())["sets"]
    if options.one:
        print(json.dumps(measure(sets[options.one])))
        return 0
    rows: Rows = {}
    for name in options.sets or (SLICE if options.slice else sets):
        done = subprocess.run([sys.executable, __file__, "--file", options.file, "--one", name], capture_output=True,
                              text=True, check=False)
        if done.returncode:
            print(f"{name}: {done.stderr.strip().splitlines()[-1] if done.stderr else done.returncode}", flush=True)
            rows[name] = None
            continue
        rows[name] = row = json.loads(done.stdout.splitlines()[-1])
        print(f"{name}: {summary(row)}", flush=True)
    print(totals(rows))
    if options.write:
        (ROOT / "docs" / "headers.md").write_text(page(rows))
    return 0 if holds(rows) else 1


def measure(entry: dict[str, Any]) -> Row:
    """Return the figures of a set."""
    from libffi import bindgen
    from libffi._bindgen.compiler import Compiler, pkg_config

    flags = shlex.split(entry["flags"])
    if entry["pkg_config"]:
        flags += pkg_config(entry["pkg_config"].split(), "--cflags")
    libraries = [library or "-" for library in entry["libraries"]]
    started = sum(os.times()[:4])
    module = bindgen.generate(entry["headers"], libraries=libraries, flags=flags)
    seconds = sum(os.times()[:4]) - started
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.py"
        module.write(path)
        spec = importlib.util.spec_from_file_location("made", path)
        assert spec is not None and spec.loader is not None
        made = importlib.util.module_from_spec(spec)
        sys.modules["made"] = made
        spec.loader.exec_module(made)
        includes = "".join(f"#include <{header}>\n" for header in entry["headers"])
        check = Check(Compiler(flags=flags), includes, made, module)
        return {"seconds": round(seconds, 2), "megabytes": usage // 1024, **check.functions(entry["own_files"]),
                **check.constants(), **check.layouts(), **check.macros(),
                **inline_functions(bindgen, entry["headers"], libraries, flags, module)}


def inline_functions(bindgen: Any, headers: list[str], libraries: list[str], flags: list[str], module: Any) -> Row:
    """Count the inline functions that a shim has, compiled."""
    wanted = {name for name, why in module.left_out.items() if "static inline function" in why}
    if not wanted:
        return {"inline": [0, 0]}
    with tempfile.TemporaryDirectory() as folder:
        made = bindgen.generate(headers, libraries=libraries, flags=flags, shim="made_shim")
        made.write(Path(folder) / "made.py")
    missing = wanted & made.left_out.keys()
    return {"inline": [len(wanted) - len(missing), len(wanted)],
            "missing_inline": [f"{name} ({made.left_out[name]})" for name in sorted(missing)]}


class Check:
    """Asks the compiler about each name of a module."""

    def __init__(self, compiler: Any, includes: str, made: Any, module: Any) -> None:
        self.compiler, self.includes, self.made, self.module = compiler, includes, made, module
        self.text = compiler.preprocess(includes)
        self.entries = made._bindings._entries()

    def mistakes(self, lines: list[str]) -> set[int]:
        """Return the numbers of the lines that the compiler refuses behind the headers."""
        from libffi._bindgen.compiler import PROBE
        return set(self.compiler.mistakes(
            f'{self.text}\n# 1 "{PROBE}"\n' + "\n".join(lines) + "\n")) if lines else set()

    def functions(self, own_files: str) -> Row:
        """Compare with the functions that the libraries have and the headers' own files name."""
        from libffi._bindgen.source import Source

        exported: set[str] = set()
        for library in (self.made._bindings._library(i) for i in range(len(self.made._bindings._names))):
            if library.path:
                exported |= exported_functions(library)
        source = Source(self.text)
        own = re.compile(own_files)
        named: set[str] = set()
        for line, words in enumerate(self.text.split("\n"), 1):
            if not words.startswith("#") and words and own.search(source.place(line).file):
                named.update(re.findall(r"(?<!\(\*)\b([A-Za-z_]\w*)\)?\s*\(", words))
        wanted = exported & named
        have = {name for name in wanted if self.entries.get(python_name(name), ("",))[0] == "functions"}
        for name in have:       # each can be made
            getattr(self.made, python_name(name))
        return {"functions": [len(have), len(wanted)], "missing_functions": sorted(wanted - have)[:20]}

    def constants(self) -> Row:
        """Compare each constant with a compiled program; count those that only the compiler has."""
        from libffi import Pointer
        lines, names = [], []
        for name, (table, _) in self.entries.items():
            if table == "constants":
                value = getattr(self.made, name)
                name = c_name(name)
                if isinstance(value, bool | int):
                    lines.append(f"A({name}, {int(value) & (1 << 64) - 1}ULL)")
                elif isinstance(value, float):
                    text = value.hex() if value == value and abs(value) != float("inf") else \
                        "__builtin_nan(\"\")" if value != value else f"{'-' if value < 0 else ''}__builtin_inf()"
                    lines.append(f"F({name}, {text})")
                elif isinstance(value, str):
                    octal = "".join(f"\\{byte:03o}" for byte in value.encode("utf-8", "surrogateescape"))
                    lines.append(f'S({name}, "{octal}")')
                elif isinstance(value, Pointer):
                    lines.append(f"P({name}, {value.address}ULL)")
                else:
                    continue
                names.append(name)
        program = self.includes + CHECKS + "int main(void) {\n" + "\n".join(lines) + "\nreturn 0; }\n"
        with tempfile.TemporaryDirectory() as folder:
            built = Path(folder) / "check"
            subprocess.run([*self.compiler.command, "-w", *self.compiler.flags, "-x", "c", "-", "-o", built],
                           input=program, text=True, check=True, stderr=sys.stderr)
            wrong = subprocess.run([built], capture_output=True, text=True, check=True).stdout.split()
        candidates = [name for name, why in self.module.left_out.items()
                      if ("no value" in why and "where it stands" not in why) or "constant of a type" in why]
        refused = self.missing_constants(candidates)
        return {"constants": [len(names) - len(wrong), len(names) + len(refused)], "wrong": wrong,
                "missing_constants": refused[:20]}

    def missing_constants(self, names: list[str]) -> list[str]:
        """Return which names the compiler takes as constants after all."""
        from libffi._bindgen.macros import Macro, expanding_text, expansions
        from libffi._bindgen.source import Place

        macros = [Macro(name, None, "", Place("", 0)) for name in names]
        _, texts = expansions(self.compiler.preprocess(self.includes + expanding_text(macros)))
        texts = [text if text and text.count("(") == text.count(")") and not set(text) & set(";{}#") else "("
                 for text in texts]
        refused = self.mistakes([
            f"void libffi_check_{index}(void) {{ static const __typeof__({text}) check = {text}; }}"
            if text != "(" else "int x = y;"
            for index, text in enumerate(texts)])
        return [name for index, name in enumerate(names, 1) if index not in refused and texts[index - 1] != "("]

    def layouts(self) -> Row:
        """Compare size, alignment and each offset of the structs and unions."""
        from libffi import Type
        spelled, kinds = [], []
        for name, (table, _) in self.entries.items():
            value = getattr(self.made, name) if table == "types" else None
            if isinstance(value, Type) and value.kind in ("struct", "union") and value.size is not None:
                for text in (value.name, value.name.partition(" ")[2], name):
                    if text and text not in ("struct", "union"):
                        spelled.append(text)
                        kinds.append(value)
        unknown = self.mistakes([f"char libffi_size_{i}[sizeof({text})];" for i, text in enumerate(spelled)])
        checked: dict[Type, tuple[str, int, int]] = {}
        lines: list[str] = []
        for index, (text, kind) in enumerate(zip(spelled, kinds, strict=True), 1):
            if index in unknown or kind in checked:
                continue
            first = len(lines)
            lines.append(f'_Static_assert(sizeof({text}) == {kind.size} && _Alignof({text}) == {kind.alignment}, "");')
            lines += [f'_Static_assert(__builtin_offsetof({text}, {c_name(field)}) == {kind.offsets[field]}, "");'
                      for field, inner in kind.fields.items() if inner.kind != "bits"]
            checked[kind] = text, first, len(lines)
        wrong = self.mistakes(lines)
        bad = [text for text, first, last in checked.values() if any(first < line <= last for line in wrong)]
        return {"layouts": [len(checked) - len(bad), len(checked)], "assertions": len(lines), "wrong_layouts": bad}


    def macros(self) -> Row:
        """Compare the macros that Python computes with the compiler's; count all that have parameters."""
        from compare_macros import compare

        have = sum(table == "macros" for table, _ in self.entries.values())
        others = sum("macro with parameters" in why for why in self.module.left_out.values())
        tried, wrong = compare(self.compiler, self.includes, self.made)
        return {"macros": [have, have + others], "tried_macros": tried, "wrong_macros": wrong}


CHECKS = """
#include <string.h>
extern int printf(const char *, ...);
#define A(name, value) if ((unsigned long long)(name) != value) printf("%s\\n", #name);
#define F(name, value) if ((double)(name) != value && value == value) printf("%s\\n", #name);
#define DIFFER(name, value) (sizeof(name) != sizeof(value) || memcmp(name, value, sizeof(value)))
#define S(name, value) if (sizeof((name)[0]) == 1 && DIFFER(name, value)) \\
    printf("%s\\n", #name);
#define P(name, value) if ((unsigned long long)(__SIZE_TYPE__)(name) != value) printf("%s\\n", #name);
"""


def c_name(name: str) -> str:
    """Return what C calls a name: None_ is its None."""
    return name[:-1] if name.endswith("_") and keyword.iskeyword(name[:-1]) else name


def python_name(name: str) -> str:
    """Return what a module calls a name of C."""
    return f"{name}_" if keyword.iskeyword(name) else name


def exported_functions(library: Any) -> set[str]:
    """Return the functions that a shared object exports."""
    stem = re.escape(library.path.partition(".so")[0])
    maps = Path("/proc/self/maps").read_text()
    mapped = [path for rest in (r"(?:-[\d.]+)?\.so.*", r"[^/]*\.so.*")    # libGL.so.1 before libGLX.so.0
              for path in re.findall(rf"\s(/.*/{stem}{rest})$", maps, re.MULTILINE)]
    listing = subprocess.run(["nm", "-D", "--defined-only", mapped[0]], capture_output=True, text=True,
                             check=True).stdout
    return {match[1] for match in re.finditer(r" [TWi] (\w+)", listing)}


def summary(row: Row) -> str:
    """Return a row as a line."""
    parts = [f"{what} {row[what][0]}/{row[what][1]}" for what in LEAST]
    parts += [f"macros {row['macros'][0]}/{row['macros'][1]} ({row['tried_macros']} tried)"]
    parts += [f"{row['seconds']} s, {row['megabytes']} MB"]
    parts += [f"{what}: {' '.join(row[what][:8])}" for what in (
        "wrong", "wrong_layouts", "wrong_macros", "missing_functions", "missing_constants", "missing_inline")
        if row.get(what)]
    return ", ".join(parts)


def total(rows: Rows, what: str) -> list[int]:
    """Return the sums of a figure."""
    return [sum(row[what][part] for row in rows.values() if row) for part in range(2)]


def totals(rows: Rows) -> str:
    """Return the sums as a line."""
    return "all: " + ", ".join(f"{what} {have}/{of}" for what in LEAST for have, of in [total(rows, what)])


def holds(rows: Rows) -> bool:
    """Say whether the promises are kept."""
    return None not in rows.values() and not any(
        row["wrong"] or row["wrong_layouts"] or row["wrong_macros"] for row in rows.values() if row) and all(
        have >= least * of for what, least in LEAST.items() for have, of in [total(rows, what)])


def page(rows: Rows) -> str:
    """Return docs/headers.md."""
    lines = [
        "# Headers that were tried", "",
        "`tools/check/headers --write` makes modules of these headers of Debian 12 and compares them with the",
        "compiler: functions with those that the library exports and the headers name, constants with a",
        "compiled program, size, alignment and offsets of structs with assertions, inline functions with what",
        "the shim compiles. Macros are those with parameters that are functions without a shim, of all that have",
        "parameters; those of numbers alone are compared with a compiled program. Seconds (the processor's, with the",
        "compiler's) and memory are those of making the module, without the shim.", "",
        "| set | functions | constants | structs | inline | macros | seconds | MB |",
        "|---|---|---|---|---|---|---|---|"]
    for name, row in sorted(rows.items()):
        figures = [f"{row[what][0]} of {row[what][1]}" for what in (*LEAST, "macros")] if row else ["failed"] * 5
        lines.append(f"| {name} | {' | '.join(figures)} | {row['seconds'] if row else ''} | "
                     f"{row['megabytes'] if row else ''} |")
    sums = [f"{have} of {of}" for what in (*LEAST, "macros") for have, of in [total(rows, what)]]
    wrong = sum(len(row["wrong"]) for row in rows.values() if row)
    tried = sum(row["tried_macros"] for row in rows.values() if row)
    failed = sum(len(row["wrong_macros"]) for row in rows.values() if row)
    asserted = sum(row["assertions"] for row in rows.values() if row)
    lines += [f"| **all** | {' | '.join(sums)} | | |", "",
              f"Constants with a wrong value: {wrong}. Assertions of layout: {asserted}. Macros that were compared: "
              f"{tried}, of which wrong: {failed}.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
