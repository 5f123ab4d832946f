"""Read C declarations: what `Library.declare` and the command line understand of C.

Functions, variables, typedefs, structs, unions, enums and constants (`#define NAME expression`,
enumerators, `static const`), as C11 and gcc write them. `int f()` takes no arguments, as in C23.
Names of C's own headers (size_t, uint8_t, wchar_t, FILE ...) are known, and POSIX's integers
(off_t, pid_t ...) as this system has them. What cannot be honoured is refused, not skipped.

A text goes one way, and no module imports one that comes after it:

    tokens       characters -> tokens that know their line and column
    macros       #define, and what becomes of it
    preprocess   directives, in their order -> the text without them
    windows      what Windows' headers say besides C
    words        what C's and compilers' words are
    tree         the syntax of declarations and expressions
    cursor       a place in the tokens
    parser       tokens -> trees
    constants    numbers, characters and strings -> their values
    enums        the classes of C's enums
    scope        what has been declared so far
    expressions  trees of constant expressions -> values
    declarators  trees of declarators -> types
    records      structs, unions and enums -> types
    convert      declarations -> types, functions, variables and constants
    meanings     macros -> constants, or other names of what was declared
    text         a text: all of it or an error, or as much of a header as can be had
    declare      what was read -> the objects that a library has as attributes
"""
from libffi._reader import tree
from libffi._reader.declare import Declarations, Text
from libffi._reader.scope import (
    ConstantDeclaration,
    FunctionDeclaration,
    FunctionType,
    Layout,
    Qualified,
    UnknownArray,
    VariableDeclaration,
)
from libffi._reader.text import ExpressionReader, Parsed, parse, parse_declaration, parse_header, type_named
from libffi._reader.words import CONVENTIONS

__all__ = [
    "CONVENTIONS", "ConstantDeclaration", "Declarations", "ExpressionReader", "FunctionDeclaration", "FunctionType",
    "Layout", "Parsed", "Qualified", "Text", "UnknownArray", "VariableDeclaration", "parse", "parse_declaration",
    "parse_header", "tree", "type_named",
]
