"""From a header to a typed module: what `python -m libffi bindgen` and `libffi.bindgen` do.

A header goes one way, and no module imports one that comes after it:

    errors       why no module can be made
    compiler     the machine's compiler and pkg-config
    source       preprocessed text: of which file each line is, and what of it is needed
    comments     what a header says of a declaration
    macros       what macros are, as the compiler sees them
    formulas     macros with parameters that are expressions
    contents     what the reader and the compiler found, selected
    references   what functions of a shim refer to
    shims        a C file for what is in the headers only
    spelling     types as the module's tables and type checkers spell them
    formula_text formulas as the module's tables spell them
    command      the command that makes a module again, as the module has it
    writing      the texts of the module and of its stub
    generate     the steps in their order
    cache        modules that libffi.include keeps

What a generated module runs on is libffi.generated, which imports none of this.
"""
