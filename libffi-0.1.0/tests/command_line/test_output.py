"""What the command line prints where: colours for eyes only, one line when it is interrupted."""
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from libffi._cli import output

pty = pytest.importorskip("pty", reason="needs terminals of POSIX")

SLOW_COMPILER = "#!/bin/sh\ntouch started\nsleep 60\n"


def on_a_terminal(*argv, **environment):
    """Return what a command prints to a terminal."""
    ours, theirs = pty.openpty()
    variables = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    done = subprocess.Popen([sys.executable, "-m", "libffi", *argv], stdin=subprocess.DEVNULL, stdout=theirs,
                            stderr=theirs, env={**variables, "TERM": "xterm", **environment})
    os.close(theirs)
    pieces = []
    try:
        while piece := os.read(ours, 4096):
            pieces.append(piece)
    except OSError:     # Linux: nobody has the other end any more
        pass
    os.close(ours)
    done.wait()
    return b"".join(pieces).decode()


def test_colours_on_a_terminal_only():
    arguments = "layout", "stdlib.h", "div_t"
    assert on_a_terminal(*arguments).startswith("\033[1mdiv_t = ")
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\033" not in on_a_terminal(*arguments, **environment)
    assert "\033[31mlibffi:\033[0m no type" in on_a_terminal("layout", "stdlib.h", "no_such_type")


def test_progress_on_a_terminal_once_it_takes_a_second(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    with output.Progress() as progress:
        progress("first")
        now[0] = 2.0
        progress("second")
    assert capsys.readouterr().err == "\rsecond ...\033[K\r\033[K"
    with output.Progress(quiet=True) as progress:
        now[0] = 4.0
        progress("third")
    assert capsys.readouterr().err == ""


def heed_interrupts():      # whoever runs the tests in the background has them ignored
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize("command", [
    ["bindgen", "own.h", "--library", "-", "--output", "own.py", "--shim", "--report", "report"],
    ["layout", "own.h"], ["check", "old.py"]])
def test_interrupted(tmp_path, command):
    (tmp_path / "own.h").write_text("int abs(int);\n")
    subprocess.run([sys.executable, "-m", "libffi", "bindgen", "own.h", "--library", "-", "--output", "old.py", "-q"],
                   cwd=tmp_path, check=True)
    (tmp_path / "slow-cc").write_text(SLOW_COMPILER)
    (tmp_path / "slow-cc").chmod(0o755)
    before = {path.name for path in tmp_path.iterdir()}
    running = subprocess.Popen([sys.executable, "-m", "libffi", *command, "--cc", "./slow-cc"], cwd=tmp_path, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                               preexec_fn=heed_interrupts)
    while not (tmp_path / "started").exists() and running.poll() is None:
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGINT)       # as a terminal does, to the compiler, too
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (130, "", "\nlibffi: interrupted\n")
    assert {path.name for path in tmp_path.iterdir()} == before | {"started"}


def test_a_folder_that_nobody_may_write_to(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    (tmp_path / "own.h").write_text("int abs(int);\n")
    tmp_path.chmod(0o555)
    done = subprocess.run([sys.executable, "-m", "libffi", "bindgen", "own.h", "-l", "-", "-o", "own.py"], cwd=tmp_path,
                          capture_output=True, text=True, check=False)
    tmp_path.chmod(0o755)
    assert done.returncode == 2 and "the folder . cannot be written to" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["own.h"]


def test_a_pipe_is_written_to_and_a_link_is_followed(tmp_path):
    (tmp_path / "own.h").write_text("int abs(int);\n")
    (tmp_path / "real.txt").write_text("old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    for report in ("/dev/stdout", "link.txt"):
        done = subprocess.run([sys.executable, "-m", "libffi", "bindgen", "own.h", "-l", "-", "-o", "own.py", "-q",
                               "--report", report], cwd=tmp_path, capture_output=True, text=True, check=True)
        text = done.stdout or (tmp_path / "real.txt").read_text()
        assert "functions:\n  abs\n" in text
    assert Path("/dev/stdout").exists() and (tmp_path / "link.txt").is_symlink()
