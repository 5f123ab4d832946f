"""Check one port of libffi with C alone: build it, call random signatures both ways, run the fault programs."""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .port_list import Port
from .steps import Facts, StepFailed, first_line, run

REPOSITORY = Path(__file__).resolve().parents[2]
FAULTS = REPOSITORY / "tests" / "c" / "faults"
EMULATOR_FAULTS = REPOSITORY / "tests" / "c" / "emulator"
WAYS = ("call", "plan", "closure")


def emulator(port: Port) -> list[str]:
    """Return what runs the port's programs: Debian's qemu-user is static since 13, and qemu-user-static before that."""
    if not port.emulator:
        return []
    plain = f"qemu-{port.emulator}"
    return [plain if shutil.which(plain) else f"{plain}-static", "-L", f"/usr/{port.triplet}"]


def emulator_version(port: Port) -> str:
    return first_line([emulator(port)[0], "--version"]).split()[2]


def libffi(port: Port, prefix: Path, log: Path) -> Facts:
    cc = f"{port.gcc} {port.flags}".strip()
    run([sys.executable, str(REPOSITORY / "tools/build/build_libffi.py"), "--prefix", str(prefix),
         "--host", port.host or port.triplet, "--cc", cc], log, {"CFLAGS": "-O2 -g0"})
    return {"built": "yes"}


def compile(port: Port, prefix: Path, source: Path, program: Path, log: Path, *options: str) -> str:
    """Compile and link a program with the port's libffi; return what the compiler says."""
    link = [str(prefix / "lib/libffi.a"), "-pthread", "-lm"]
    static = ["-static"] if port.static else []
    command = [port.gcc, *port.flags.split(), "-std=gnu11", "-w", *options, *static, f"-I{prefix}/include"]
    return run([*command, "-o", str(program), str(source), *link], log)


def emulate_nothing(port: Port, prefix: Path, work: Path, log: Path) -> Facts:
    """Run a program that does nothing: can the emulator be relied on at all?"""
    source = work / "nothing.c"
    source.write_text("int main(void) { return 0; }\n")
    compile(port, prefix, source, work / "nothing", log)
    run([*emulator(port), str(work / "nothing")], log, timeout=60)
    return {}


def emulator_faults(port: Port, prefix: Path, work: Path, log: Path) -> None:
    """Refuse an emulator with a fault that the package's tests run into: tests/c/emulator/EMULATOR_*.c."""
    for source in EMULATOR_FAULTS.glob(f"{port.emulator}_*.c"):
        compile(port, prefix, source, work / source.stem, log)
        try:
            run([*emulator(port), str(work / source.stem)], log, timeout=60)
        except StepFailed:
            raise StepFailed(f"{emulator(port)[0]} fails {source}; a newer one is needed") from None


def signatures(port: Port, prefix: Path, work: Path, count: int, log: Path) -> Facts:
    """Call random signatures, and have them called, as the compiler does."""
    source, program = work / "signatures.c", work / "signatures"
    without: list[int] = []
    while True:
        generate = [sys.executable, "-m", "tests.fuzz.alone", "--seed", "3", "--count", str(count), "--without"]
        done = subprocess.run([*generate, *map(str, without)], cwd=REPOSITORY, check=True, capture_output=True)
        source.write_bytes(done.stdout)
        try:
            compile(port, prefix, source, program, log, "-O1")
            break
        except StepFailed as error:
            without.append(crashed_compiler(source, str(error)))
    output = run([*emulator(port), str(program)], log, timeout=1800, allowed=(0, 1))
    facts: Facts = {}
    for way in WAYS:
        found = re.search(rf"^{way}: (\d+) wrong of (\d+)$", output, re.MULTILINE)
        if not found:
            raise StepFailed(f"the program came to no end; see {log}")
        wrong, total = int(found[1]), int(found[2])
        facts[way] = f"{total - wrong} of {total}"
    facts["summary"] = ", ".join(f"{way}s {facts[way]}" for way in WAYS)
    return facts


def crashed_compiler(source: Path, message: str) -> int:
    """Return the index of the signature at which the compiler itself crashed."""
    found = re.search(r":(\d+):\d+: internal compiler error", message)
    if not found:
        raise StepFailed(message)
    above = source.read_text().splitlines()[:int(found[1])]
    names = re.findall(r"\b(?:f|g|h|check)(\d+)\(", "\n".join(above))
    return int(names[-1])


def faults(port: Port, prefix: Path, work: Path, log: Path) -> Facts:
    """Run the programs of this port's known faults, all of which our patches mend."""
    mended, names = [], [f.stem for f in sorted(FAULTS.glob("*.c")) if f.stem.startswith(port.faults or ("-",))]
    patches = (prefix / "share/libffi/patches").read_text().split()
    for name in filter(patches.__contains__, names):
        compile(port, prefix, FAULTS / f"{name}.c", work / name, log)
        run([*emulator(port), str(work / name)], log, timeout=60)
        mended.append(name)
    return {"patches": str(len(mended) or "–"), "summary": " ".join(mended)}


def environment(port: Port, prefix: Path) -> dict[str, str]:
    """Return what programs of the port need to run, and to run each other, on this machine."""
    return {"QEMU_LD_PREFIX": f"/usr/{port.triplet}", "CC": port.gcc, "LIBFFI_PREFIX": str(prefix),
            "PATH": os.environ["PATH"]}
