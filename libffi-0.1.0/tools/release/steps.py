"""Run commands with their output in a log; remember what was done, so that a second run goes on where it was."""
from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

Facts = dict[str, str]


class StepFailed(Exception):
    """A command failed; its log says why."""


class NotHere(Exception):
    """This machine cannot do it, which is no fault of what is to be tested."""


@contextmanager
def fetched(what: str) -> Iterator[None]:
    """What cannot be had from elsewhere is no fault of what is to be tested."""
    try:
        yield
    except StepFailed as error:
        raise NotHere(f"{what} cannot be had: {error}") from None


class Notebook:
    """What one architecture's run has done, in a folder of its own."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.file = folder / "state.json"
        self.state: dict[str, dict[str, str | Facts]] = (
            json.loads(self.file.read_text()) if self.file.exists() else {}
        )
        self.facts: Facts = {}

    def step(self, title: str, ingredients: Iterable[str], work: Callable[[Path], Facts]) -> None:
        """Do the work unless it was done with the same ingredients; keep the facts that it finds."""
        key = digest(ingredients)
        done = self.state.get(title)
        if done and done["key"] == key:
            facts = done["facts"]
            say(self.name, f"{title}: as before")
        else:
            start = time.monotonic()
            say(self.name, f"{title} ...")
            log = self.logs / f"{title.replace(' ', '-')}.log"
            log.unlink(missing_ok=True)
            facts = work(log)
            self.state[title] = {"key": key, "facts": facts}
            self.file.write_text(json.dumps(self.state, indent=1))
            say(self.name, f"{title}: {time.monotonic() - start:.0f} s {facts.get('summary', '')}")
        assert isinstance(facts, dict)
        self.facts |= facts


def say(name: str, text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {name:>9}  {text}", flush=True)


def digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def run(
    command: list[str], log: Path, env: Mapping[str, str] | None = None, folder: Path | None = None,
    timeout: float = 3600, allowed: Iterable[int] = (0,),
) -> str:
    """Run a command, append its output to the log, and return it."""
    with log.open("a") as out:
        out.write(f"$ {shlex.join(command)}\n")
        out.flush()
        start = out.tell()
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=folder,
                env={**os.environ, **env} if env else None, timeout=timeout,
            )
        except subprocess.TimeoutExpired:
            raise StepFailed(f"{command[0]} took more than {timeout:.0f} s; see {log}") from None
    with log.open(errors="replace") as text:
        text.seek(start)
        output = text.read()
    if done.returncode not in allowed:
        tail = "\n".join(output.splitlines()[-15:])
        raise StepFailed(f"{tail}\n{shlex.join(command)}\nexit code {done.returncode}; see {log}")
    return output


def need(programs: Mapping[str, str]) -> None:
    """Name the Debian packages that bring what is missing."""
    absent = {package for program, package in programs.items() if not shutil.which(program)}
    if absent:
        raise NotHere(f"missing: apt-get install {' '.join(sorted(absent))}")


def first_line(command: list[str]) -> str:
    """Return the first line that a command prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.partition("\n")[0]
