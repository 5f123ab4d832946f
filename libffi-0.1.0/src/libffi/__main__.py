"""Run the command line: `python -m libffi`, or `libffi`."""
# PYTHON_ARGCOMPLETE_OK: shells may ask for completions
import sys

from libffi._cli import main

if __name__ == "__main__":
    sys.exit(main())
