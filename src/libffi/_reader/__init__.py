"""Read C declarations: what `Library.declare` and the command line understand of C.

Functions, variables, typedefs, structs, unions, enums and constants (`#define NAME expression`,
enumerators, `static const`), as C11 and gcc write them. `int f()` takes no arguments, as in C23.
Names of C's own headers (size_t, uint8_t, wchar_t, FILE ...) are known; those that differ from
system to system (time_t, off_t ...) are not. What cannot be honoured is refused, not skipped.

A text goes one way, and no module imports one that comes after it:

    tokens       characters -> tokens that know their line and column
    preprocess   directives, macros, compilers' extensions -> a text for pycparser
    constants    the arithmetic of C
    enums        the classes of C's enums
    scope        what has been declared so far
    expressions  trees of constant expressions -> values
    types        trees of declarations -> types, functions, variables and constants
    parse        a text, all of it or an error
    header       a preprocessed header, as much of it as can be had
    declare      what was read -> the objects that a library has as attributes
"""
from libffi._reader.declare import Declarations
from libffi._reader.header import Header, parse_header
from libffi._reader.parse import Parsed, parse, parse_declaration

__all__ = ["Declarations", "Header", "Parsed", "parse", "parse_declaration", "parse_header"]
