"""What is installed, looked at from outside: what `symbols`, `layout` and `check` of the command line show.

    elf          the dynamic symbols of a library
    headers      what headers declare, without a module of it
    layouts      members, holes and cache lines of a type
    compiled     the same layouts as the compiler has them
    fit          whether a generated module still says what headers and libraries say
"""
