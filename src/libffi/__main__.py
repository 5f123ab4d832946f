"""Run the command line: `python -m libffi`."""
import sys

from libffi._cli import main

if __name__ == "__main__":
    sys.exit(main())
