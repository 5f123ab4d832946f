"""Compare call plans of the vendored libffi, with our patches and without: C only, no Python in the loop.

    python -m benchmarks.plans [--source ARCHIVE-OR-FOLDER] [--rounds N]

Builds both (once), times c/plans.c against each of them in turn, and prints for each signature the
patched one's time as a fraction of the other's.
"""
import argparse
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tools" / "build"))

import build_libffi
from benchmarks import building
from benchmarks.progress import Progress

REPOSITORY = Path(__file__).parents[1]


def main():
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", default=os.environ.get("LIBFFI_SOURCE"), help="libffi's source, else downloaded")
    parser.add_argument("--rounds", type=int, default=20, help="how often each is run (%(default)s)")
    options = parser.parse_args()
    building.BUILD.mkdir(parents=True, exist_ok=True)
    source = build_libffi.Source(options.source, building.BUILD)
    programs = {"patched": program("patched", source, build_libffi.PATCHES),
                "unpatched": program("unpatched", source, [])}
    print(table(measure(programs, options.rounds)))


def program(name, source, patches):
    """The loop, linked with a libffi of these patches; both are made where they are missing or out of date."""
    prefix = building.BUILD / f"libffi-{name}"
    newest = max((patch.stat().st_mtime for patch in patches), default=0)
    if not (prefix / build_libffi.LICENSE).exists() or (prefix / build_libffi.LICENSE).stat().st_mtime < newest:
        print(f"building libffi, {name} ...", file=sys.stderr)
        build_libffi.build(prefix, source, patches=patches)
    command = [*building.CC, "-O2", f"-I{prefix}/include", building.SOURCES / "plans.c"]
    return building.compiled(building.BUILD / f"plans-{name}", command, ["plans.c"],
                             [prefix / "lib" / "libffi.a", "-pthread"])


def measure(programs, rounds):
    """Run the programs in turn; the shortest time of each signature, by program."""
    best = {name: {} for name in programs}
    progress = Progress(rounds * len(programs))
    for _ in range(rounds):
        for name, path in programs.items():
            output = subprocess.run([path], check=True, capture_output=True, text=True).stdout
            for line in output.splitlines():
                signature, nanoseconds = line.split("\t")
                best[name][signature] = min(float(nanoseconds), best[name].get(signature, float("inf")))
            progress.step()
    progress.close()
    return best


def table(best):
    """One line for each signature."""
    width = max(map(len, best["patched"]))
    lines = [f"{'':{width}}  unpatched  patched  ratio"]
    for signature, patched in best["patched"].items():
        unpatched = best["unpatched"][signature]
        lines.append(f"{signature:{width}}  {unpatched:6.2f} ns  {patched:4.2f} ns   {patched / unpatched:.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
