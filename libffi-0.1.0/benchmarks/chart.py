"""Draw the geometric means of the calls as bars, in SVG written by hand."""
from html import escape
from statistics import geometric_mean

from benchmarks.peers import floor

LEFT, RIGHT, TOP, HEIGHT, GAP = 200, 60, 64, 22, 8
WIDTH = 760
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 15px }
.note { font-size: 11px; fill: #57606a }
.bar { fill: #9aa4b1 } .ours { fill: #1a7f5a } .floor { stroke: #cf222e; stroke-dasharray: 3 3 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .note { fill: #9198a1 } .bar { fill: #59636e } .ours { fill: #3fb984 }
}
"""


def draw(results):
    """Draw one bar for each candidate: its calls' mean ratio to the hand-written extension."""
    means = sorted(calls(results["rows"].get("calls", {})).items(), key=lambda item: item[1])
    bottom = TOP + len(means) * (HEIGHT + GAP)
    scale = (WIDTH - LEFT - RIGHT) / max([1.0, *(mean for _, mean in means)])
    about = results["about"]
    body = [text(16, 24, "Cost of a call, in calls of a hand-written C extension", "title"),
            text(16, 42, "geometric mean over the rows of benchmarks/calls.py; shorter is better",
                 "note")]
    for i, (name, mean) in enumerate(means):
        y = TOP + i * (HEIGHT + GAP)
        kind = "ours" if name.startswith("libffi") else "bar"
        body.append(f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{mean * scale:.1f}" '
                    f'height="{HEIGHT}" rx="2"/>')
        body.append(text(LEFT - 8, y + 16, name, "name", 'text-anchor="end"'))
        body.append(text(LEFT + mean * scale + 6, y + 16, f"{mean:.2f}", "value"))
    x = LEFT + scale
    body.append(f'<line class="floor" x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}"/>')
    body.append(text(16, bottom + 18, f"{about['python']}, {about['cpu']}, {about['kernel']}",
                     "note"))
    height = bottom + 32
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
            f'width="{WIDTH}" height="{height}" role="img">\n<style>{STYLE}</style>\n'
            + "\n".join(body) + "\n</svg>\n")


def calls(rows):
    """Give each candidate's geometric mean ratio to the floor."""
    ratios = {}
    for row in rows.values():
        for name, figures in row["candidates"].items():
            ratios.setdefault(name, []).append(figures["ratio"][floor.NAME])
    return {name: geometric_mean(values) for name, values in ratios.items()}


def text(x, y, content, kind, more=""):
    """Write a text element."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y}" {more}>{escape(content)}</text>'
