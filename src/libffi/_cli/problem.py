"""Exit codes, and the error that ends a command with one line and a code."""
USAGE, LIBRARY, SYMBOL, ARGUMENT, CALL = 2, 3, 4, 5, 6

EXIT_CODES = f"""\
exit codes:
  0  the function was called (or the information was shown, or the module made)
  {USAGE}  wrong usage, a declaration that is not C, or a header that does not compile
  {LIBRARY}  the library was not found
  {SYMBOL}  the library has no such function
  {ARGUMENT}  an argument does not fit its C type, or the number of arguments is wrong
  {CALL}  the call itself failed, or its result cannot be shown
"""


class Problem(Exception):
    """What goes to stderr as one line, and the exit code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
