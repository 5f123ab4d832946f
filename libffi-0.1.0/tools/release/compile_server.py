"""Compile C on this side for programs that run under Wine, where no compiler does: cc.c is their end of it."""
from __future__ import annotations

import os
import re
import socket
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

# What Linux's compilers are asked for and Windows has no need of.
MEANS_NOTHING = {"-fPIC", "-pthread", "-lm", "-ldl", "-lpthread", "-rdynamic", "-fno-plt"}
DRIVE = re.compile(r"(?:\b|(?<=^-[IL]))[zZ]:(?=[\\/])")
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*"[zZ]:([\\/][^"\n]*)"', re.MULTILINE)
# Where a compiler names a file as a whole: a line marker, and a line of the folders that it searches.
NAMED = re.compile(rb'^(# \d+ "|#line \d+ "| )(?=/)', re.MULTILINE)


class CompileServer:
    """Runs a compiler for whoever connects; one connection, one command."""

    def __init__(self, command: Sequence[str]) -> None:
        self.command = list(command)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = str(self.socket.getsockname()[1])
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            connection, _ = self.socket.accept()
            threading.Thread(target=self.answer, args=(connection,), daemon=True).start()

    def answer(self, connection: socket.socket) -> None:
        with connection:
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
            words, _, source = b"".join(parts).partition(b"\0\0")
            place, *arguments = words.decode().split("\0")
            folder = unix(place)
            with ExitStack() as copies:
                ours = (readable(translated(word), folder, copies) for word in arguments)
                done = subprocess.run([*self.command, *filter(None, ours)], cwd=folder, input=of_ours(source),
                                      capture_output=True)
            output = NAMED.sub(rb"\1Z:", done.stdout)
            connection.sendall(bytes([done.returncode & 0xFF]) + len(output).to_bytes(4, "little") + output
                               + NAMED.sub(rb"\1Z:", done.stderr))


def translated(argument: str) -> str:
    """Return an argument with this side's paths; empty for what means nothing."""
    return "" if argument in MEANS_NOTHING else "/dev/null" if argument == "nul" else unix(argument)


def unix(text: str) -> str:
    """Turn paths of drive Z into ours: no argument has a backslash for another reason than a path."""
    found = DRIVE.sub("", text)
    return found.replace("\\", "/") if found != text or Path(found.replace("\\", "/")).exists() else text


def of_ours(source: bytes) -> bytes:
    """Return a source that includes files by this side's paths."""
    return INCLUDE.sub(lambda found: b'#include "' + found[1].replace(b"\\", b"/") + b'"', source)


def readable(argument: str, folder: str, copies: ExitStack) -> str:
    """Return an argument, or if it is a source that includes files of drive Z, a copy beside it that includes ours."""
    path = Path(folder, argument)
    if path.suffix != ".c" or not path.is_file() or not INCLUDE.search(source := path.read_bytes()):
        return argument
    handle, copy = tempfile.mkstemp(dir=path.parent, suffix=".c")
    copies.callback(os.unlink, copy)
    with open(handle, "wb") as file:
        file.write(of_ours(source))
    return copy
