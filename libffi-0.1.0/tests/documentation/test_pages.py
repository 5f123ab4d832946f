"""What looks at the built pages (tools/check/pages) finds what is planted for it, and nothing else."""
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.tools import load_tool

CHECK = Path(__file__).parents[2] / "tools" / "check" / "pages"
PAGE = """<!doctype html><html><head><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<style>body {{ margin: 0 }} @media (prefers-color-scheme: dark) {{ body {{ background: black }} }}</style></head>
<body><article id="top">{}</article></body></html>"""
PLANTED = {
    "<div style='width: 800px'>wide</div>": "390 px, light: scrolls sideways: 800 px, because of div",
    "<pre style='overflow: auto'>" + "x" * 2000 + "</pre>": "1280 px, light: code has to be scrolled",
    "<a href='gone.html'>gone</a>": "link to nothing: gone.html",
    "<a href='index.html#gone'>gone</a>": "link to no place of its page: index.html#gone",
    "<script>console.error('planted')</script>": "console:",
}


def test_broken_links_are_found(tmp_path):
    (tmp_path / "index.html").write_text(PAGE.format(
        "<a href='#top'>up</a> <a href='gone.html'>1</a> <a href='#gone'>2</a>"))
    found = [problem for _, problem in load_tool("check/pages").broken_links(tmp_path)]
    assert found == ["link to nothing: gone.html", "link to no place of its page: #gone"]


@pytest.mark.parametrize("planted", [False, True])
def test_a_browser_finds_what_is_planted(planted, tmp_path):
    pytest.importorskip("selenium")
    if not shutil.which("chromedriver"):
        pytest.skip("no chromedriver")
    (tmp_path / "index.html").write_text(PAGE.format("<a href='#top'>fine</a>"))
    for n, content in enumerate(PLANTED if planted else []):
        (tmp_path / f"planted{n}.html").write_text(PAGE.format(content))
    done = subprocess.run([sys.executable, CHECK, tmp_path], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (int(planted), "")
    assert "index.html: " not in done.stdout
    for n, problem in enumerate(PLANTED.values() if planted else []):
        assert f"planted{n}.html: " in done.stdout and problem in done.stdout, done.stdout
