"""Put the headline figures of a run into README.md, between its markers, and the chart beside the documents.

    python -m benchmarks && python -m benchmarks.headline
"""
import json
import re
import shutil
import textwrap
from pathlib import Path
from statistics import geometric_mean

from benchmarks import bars, report
from benchmarks.peers import cffi_abi, ctypes_, libffi_
from benchmarks.peers.floor import NAME as FLOOR
from benchmarks.peers.floor import RELEASED as FLOOR_RELEASED

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
CHART = Path("docs", "benchmarks.svg")
MARKERS = re.compile(r"(?<=<!-- benchmarks -->\n).*?(?=<!-- /benchmarks -->)", re.DOTALL)

SHOWN = {"add": "add(int, int)", "half": "f(double)", "turn": "struct in and out",
         "total": "NumPy array", "snprintf": "snprintf"}
CANDIDATES = {
    bars.HOLD: 'libffi, `gil="hold"`', bars.RELEASE: 'libffi, `gil="release"`',
    "cffi API mode": "cffi, API mode (compiled)", "cffi ABI mode": "cffi, ABI mode", "ctypes": "ctypes",
}


def main():
    """Rewrite the section and copy the chart."""
    results = json.loads((HERE / "results.json").read_text())
    old = README.read_text()
    README.write_text(MARKERS.sub(lambda _: headline(results), old))
    shutil.copyfile(HERE / "results.svg", HERE.parent / CHART)


def headline(results):
    """Spell the section."""
    callback = bars.row("callbacks", "held", libffi_.NAME, FLOOR)(results)
    sorts = [bars.row("callbacks", "qsort", peer.NAME, libffi_.REF)(results) for peer in (ctypes_, cffi_abi)]
    ours, theirs = (report.scaled(bars.nanoseconds("callbacks", "thread", peer.NAME)(results))
                    for peer in (libffi_, ctypes_))
    mapped = bars.row("bulk", "doubles", "ctypes, list comprehension", "libffi .map")(results)
    return "\n".join([
        f"![The cost of a call next to a hand-written C extension]({CHART})\n",
        fill(f"""A call costs {over(results, bars.HOLD):.2f} times that of a hand-written C extension (`METH_FASTCALL`,
            checks its arguments; geometric mean over twelve kinds of call, ratio of shortest times) with `gil="hold"`,
            {over(results, bars.CALL):.2f} times as `Function.call`; with `gil="release"`
            {over(results, bars.RELEASE, FLOOR_RELEASED):.2f} times that of the same extension releasing the GIL.
            Against the peers, all releasing it:"""),
        report.table(["", *SHOWN.values(), "mean over 12, times libffi"], list(lines(results))),
        fill(f"""A callback costs {callback:.2f} times a hand-written one, on a thread that C made {ours}
            (ctypes: {theirs}). `qsort` with a comparator in Python is {sorts[0]:.1f} times faster than with ctypes,
            {sorts[1]:.1f} times than with cffi's ABI mode; `f.map` over a million doubles {mapped:.0f} times faster
            than a list comprehension over ctypes."""),
        fill(about(results["about"])),
    ])


def fill(text):
    """Wrap a paragraph, with an empty line behind it."""
    return textwrap.fill(" ".join(text.split()), 118, break_long_words=False, break_on_hyphens=False) + "\n"


def over(results, name, floor=FLOOR):
    """Give a candidate's mean ratio to a floor."""
    return bars.over_floor(name, floor)(results)


def lines(results):
    """Give the table's rows; the last cell is the mean over all kinds of call, the GIL released."""
    rows = results["rows"]["calls"]
    for name, title in CANDIDATES.items():
        times = [report.scaled(rows[key]["candidates"][name]["min"]) for key in SHOWN]
        mean = geometric_mean(bars.times(results, "calls", name, bars.RELEASE).values())
        yield [title, *times, "" if name == bars.HOLD else f"{mean:.2g}"]


def about(facts):
    """Say how and where it was measured."""
    libffi = facts["libffi"]
    return f"""`python -m benchmarks`, then `python -m benchmarks.headline`, which writes this section:
        {facts["python"]}, libffi {libffi["version"]} {libffi["linkage"]}, cffi {facts["versions"]["cffi"]},
        {facts["cores"]} cores of an {facts["cpu"]} at load {facts["load"]:.1f}, {facts["date"][:10]}. With a system
        libffi before 3.8 there are no call plans: calls are slower, which the same command shows. What was aimed at
        and missed is in [benchmarks](benchmarks/README.md#what-was-missed)."""


if __name__ == "__main__":
    main()
