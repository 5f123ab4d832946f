"""Say what to install: the message of a build that lacks something."""

import sys

PACKAGES = {  # need -> what it is called by Debian, Fedora, Alpine and Homebrew
    "compiler": ("gcc libc6-dev", "gcc glibc-devel", "gcc musl-dev", None),
    "python": ("python3-dev", "python3-devel", "python3-dev", "python3"),
    "pkg-config": ("pkg-config", "pkgconf-pkg-config", "pkgconf", "pkgconf"),
    "libffi": ("libffi-dev", "libffi-devel", "libffi-dev", "libffi"),
    "autotools": (
        "autoconf automake libtool libltdl-dev make patch",
        "autoconf automake libtool libtool-ltdl-devel make patch",
        "autoconf automake libtool make patch linux-headers",
        "autoconf automake libtool",
    ),
}
SYSTEMS = (
    ("Debian, Ubuntu", "apt-get install"),
    ("Fedora", "dnf install"),
    ("Alpine", "apk add"),
    ("macOS", "brew install"),
)


class BuildError(SystemExit):
    """Ends the build with one plain message and no traceback."""

    def __init__(self, message: str) -> None:
        super().__init__(f"\n{message}\n")


def missing(what: str, *needs: str) -> BuildError:
    """Return the error for something that a package would bring."""
    lines = [what, "Install it and try again:"]
    for column, (system, command) in enumerate(SYSTEMS):
        names = [PACKAGES[need][column] for need in needs]
        steps = [f"{command} {' '.join(filter(None, names))}"] if any(names) else []
        if None in names:  # Apple's compiler is not a package
            steps.append("xcode-select --install")
        lines.append(f"  {system + ':':<16}{'; '.join(steps)}")
    if "libffi" in needs:
        lines.append("Or set LIBFFI=vendored: that builds a libffi of its own and links it in.")
    return BuildError("\n".join(lines))


if __name__ == "__main__":  # tools/venv asks
    raise missing("Something is missing for building libffi from source.", *sys.argv[1:])
