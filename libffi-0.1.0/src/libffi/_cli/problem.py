"""Exit codes, and the error that ends a command with one line and a code."""
MISFIT, USAGE, LIBRARY, SYMBOL, ARGUMENT, CALL = 1, 2, 3, 4, 5, 6
INTERRUPTED = 130      # what a shell makes of SIGINT

EXIT_CODES = f"""\
exit codes:
  0  the function was called (or the information was shown, or the module made)
  {MISFIT}  check, layout --check: something does not fit
  {USAGE}  wrong usage, a declaration that is not C, or a header that does not compile
  {LIBRARY}  the library was not found
  {SYMBOL}  the library has no such function, or the header no such type
  {ARGUMENT}  an argument does not fit its C type, or the number of arguments is wrong
  {CALL}  the call itself failed, or its result cannot be shown
  {INTERRUPTED}  interrupted
"""


class Problem(Exception):
    """What goes to stderr as one line, and the exit code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
