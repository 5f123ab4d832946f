"""What has type checkers read the pages (tools/check/typed_docs) takes their code line by line, and finds faults."""
import shutil
from pathlib import Path

import pytest
from helpers.tools import load_tool

CHECK = Path(__file__).parents[2] / "tools" / "check" / "typed_docs"
PAGE = '''# Page
```pycon
>>> x = 1
>>> def f():
...     return "a"
>>> int("x")
Traceback (most recent call last):
ValueError
```
```text
>>> not = code
```
<!-- needs: numpy -->
```python
y = 2

```
'''


def test_a_page_is_a_program_line_by_line(tmp_path):
    (tmp_path / "page.md").write_text(PAGE)
    code, allowed = load_tool("check/typed_docs").program(tmp_path / "page.md")
    lines = {number: line for number, line in enumerate(code.splitlines(), 1) if line}
    assert lines == {3: "x = 1", 4: "def f():", 5: '    return "a"', 6: 'int("x")', 15: "y = 2"}
    assert {line + 1 for line in allowed} == {6, 15, 16}


def test_what_is_planted_is_found_by_both(tmp_path, monkeypatch, capsys):
    if not shutil.which("mypy") or not shutil.which("pyright"):
        pytest.skip("mypy and pyright are not here")
    check = load_tool("check/typed_docs")
    monkeypatch.setattr(check, "ROOT", tmp_path)
    (tmp_path / "page.md").write_text(PAGE.replace("x = 1", 'x: int = "1"'))
    assert check.main([tmp_path / "page.md"])
    found = capsys.readouterr().out.splitlines()
    assert [line.split(":")[:3] for line in found] == [["page.md", "3", " mypy"], ["page.md", "3", " pyright"]]
