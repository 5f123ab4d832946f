"""Compile C on this side for programs that run under Wine, where no compiler does: cc.c is their end of it."""
from __future__ import annotations

import re
import socket
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

# What Linux's compilers are asked for and Windows has no need of.
MEANS_NOTHING = {"-fPIC", "-pthread", "-lm", "-ldl", "-lpthread", "-rdynamic", "-fno-plt"}
DRIVE = re.compile(r"\b[zZ]:(?=[\\/])")


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
            folder, *arguments = words.decode().split("\0")
            done = subprocess.run([*self.command, *filter(None, map(translated, arguments))], cwd=unix(folder),
                                  input=source, capture_output=True)
            text = done.stdout if done.returncode == 0 else done.stdout + done.stderr
            connection.sendall(bytes([done.returncode & 0xFF]) + text)


def translated(argument: str) -> str:
    """Return an argument with this side's paths; empty for what means nothing."""
    return "" if argument in MEANS_NOTHING else "/dev/null" if argument == "nul" else unix(argument)


def unix(text: str) -> str:
    """Turn paths of drive Z into ours: no argument has a backslash for another reason than a path."""
    found = DRIVE.sub("", text)
    return found.replace("\\", "/") if found != text or Path(found.replace("\\", "/")).exists() else text
