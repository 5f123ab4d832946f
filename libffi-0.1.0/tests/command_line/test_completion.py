"""Shell completion, as shells ask for it: by argcomplete."""
import os
import shutil
import subprocess
import sys
import sysconfig

import pytest

pytest.importorskip("argcomplete")
SCRIPTS = sysconfig.get_path("scripts")
pytestmark = pytest.mark.skipif(not os.path.exists(os.path.join(SCRIPTS, "libffi")), reason="needs the script libffi")
BASH = """
eval "$({python} -m argcomplete.scripts.register_python_argcomplete libffi)"
COMP_WORDS=({line} '{last}') COMP_CWORD={count} COMP_LINE='{line} {last}' COMP_POINT={point} COMP_TYPE=9
_python_argcomplete libffi '{last}' ''
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
FISH = """
{python} -m argcomplete.scripts.register_python_argcomplete --shell fish libffi | source
complete -C '{line} {last}'
"""


def completions(shell, line, last):
    """Return what a shell suggests for the last word of a line."""
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    text = (BASH if shell == "bash" else FISH).format(
        python=sys.executable, line=line, last=last, count=len(line.split()), point=len(line) + 1 + len(last))
    done = subprocess.run([shell, "-c", text], capture_output=True, text=True, check=True,
                          env={**os.environ, "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"})
    return [found.partition("\t")[0].strip() for found in done.stdout.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_subcommands_and_options(shell):
    assert completions(shell, "libffi", "lay") == ["layout"]
    assert completions(shell, "libffi layout zlib.h", "--cache") == ["--cache-line"]


def test_names_that_the_machine_knows():
    assert "libm.so.6" in completions("bash", "libffi symbols", "libm.so") or not os.path.exists("/etc/ld.so.cache")
    assert "sys/stat.h" in completions("bash", "libffi layout", "sys/sta")     # wherever the compiler finds it


def test_files_and_folders(tmp_path):
    (tmp_path / "module.py").touch()
    assert completions("bash", "libffi check", f"{tmp_path}/mod") == [f"{tmp_path}/module.py"]
    assert "sys/" in completions("bash", "libffi layout", "sy")
