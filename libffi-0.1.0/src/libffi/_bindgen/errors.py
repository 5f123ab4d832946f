"""What stops a header from becoming a module."""


class BindgenError(Exception):
    """Why no module can be made: the compiler's own words, a missing library, a wrong pattern."""

    def __init__(self, message: str, *, library: bool = False, said: str = "") -> None:
        super().__init__(message)
        self.library = library      # it is the library that is missing
        self.said = said            # all of what the compiler says
