"""From headers to a module: the steps, in their order."""
import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import libffi
from libffi import Library, LibraryNotFound, SymbolNotFound, generated
from libffi._bindgen import formulas, macros
from libffi._bindgen.command import command_of
from libffi._bindgen.compiler import Compiler, include_lines, pkg_config
from libffi._bindgen.contents import Collector, Contents
from libffi._bindgen.errors import BindgenError
from libffi._bindgen.shims import ShimMaker
from libffi._bindgen.source import OwnFiles, Source, needed_text
from libffi._bindgen.spelling import Names
from libffi._bindgen.writing import Writer
from libffi._reader import parse_header


@dataclass(frozen=True, slots=True)
class Request:
    """What a module is to be made of."""

    headers: tuple[str, ...]
    libraries: tuple[str | None, ...] = ()
    pkg_config: tuple[str, ...] = ()
    cc: str | None = None
    flags: tuple[str, ...] = ()
    match: str | None = None
    skip: str | None = None
    files: tuple[str, ...] = ()
    rename: tuple[tuple[str, str], ...] = ()
    shim: str | None = None     # the name of the shim's library, which is called like the module
    command: str = ""           # how to make it again, for the module's first lines


@dataclass(slots=True)
class Module:
    """A module that was generated: its texts, what is in it, and why the rest is not."""

    text: str
    stub: str
    made: dict[str, list[str]]      # the names in it, by what they are
    left_out: dict[str, str] = field(default_factory=dict)
    shim: str = ""              # C, where a shim was asked for
    files: tuple[str, ...] = ()     # headers that were read
    build: Callable[[Path, Path], None] | None = None      # compiles a C file to a library

    @property
    def counts(self) -> dict[str, int]:
        """Return how many of each kind are in it."""
        return {what: len(names) for what, names in self.made.items()}

    def write(self, output: str | os.PathLike[str], *, compile_shim: bool = True) -> None:
        """Write the module, its stub and its shim, each whole or not at all.

        The shim is compiled, too, unless the package's own build does that (libffi.shim).
        """
        path = Path(output)
        if self.build is not None:
            source = path.with_name(f"{path.stem}_shim.c")
            write_whole(source, self.shim)
            if compile_shim:
                self.build(source, path.with_name(f"{path.stem}_shim.so"))
        write_whole(path.with_suffix(".pyi"), self.stub)
        write_whole(path, self.text)


def generate(request: Request, progress: Callable[[str], None] = lambda step: None) -> Module:
    """Return the module that a request asks for."""
    packages = request.pkg_config
    flags = [*(pkg_config(packages, "--cflags") if packages else []), *request.flags]
    compiler = Compiler(request.cc, flags)
    names: list[str | None] = list(request.libraries)
    if packages:
        words = pkg_config(packages, "--libs")
        folders = [word[2:] for word in words if word.startswith("-L")]
        names += [_in_folders(word[2:], folders) for word in words if word.startswith("-l")]
    if not request.headers:
        raise BindgenError("no header is named")
    if not names:
        raise BindgenError("no library is named: --library z, or - for what the process has anyway")
    libraries = _libraries(dict.fromkeys(names))
    wanted = _wanted(request)

    progress("preprocessing")
    includes = include_lines(request.headers)
    with_macros = compiler.preprocess(includes, macros=True)
    source = Source(with_macros)
    own = OwnFiles(source, compiler.system_folders(), request.files)
    every = list(macros.defined_macros(with_macros))
    placed = macros.say_their_place(every)
    of_own = [macro for macro in every if own(macro.place.file) and wanted(macro.name)]
    plain = [macro for macro in of_own if macro.parameters is None and macro.name not in placed]
    parametric = [macro for macro in of_own if macro.parameters is not None]
    text, expansions = macros.expansions(compiler.preprocess(
        includes + macros.expanding_text([*plain, *formulas.calls_of(parametric)])))
    source = Source(text)
    used = {word for expansion in expansions for word in re.findall(r"[A-Za-z_]\w*", expansion)}
    compiler.mistakes(text)     # what of the headers does not compile is said in the compiler's own words
    needed = needed_text(source, own, used)

    progress("computing constants")
    try:
        meanings = macros.meanings(compiler, needed, expansions[:len(plain)])
    except BindgenError:    # something that was left out was needed after all
        meanings = macros.meanings(compiler, text, expansions[:len(plain)])

    progress("reading declarations")
    header = parse_header(needed)
    collector = Collector(header, source, own, wanted)
    has_symbol = _symbol_finder(libraries)
    collector.take_declarations(has_symbol)
    collector.take_macros(plain, meanings)
    contents = collector.contents
    collector.take_parametric(parametric, expansions[len(plain):], placed, has_symbol)
    for macro in of_own:
        if macro.parameters is None and macro.name in placed:
            contents.left_out[macro.name] = "it is no value: it says where it stands, or works in #if only"
    _leave_out_code(contents)
    if not contents.names() and not contents.left_out and (selection := _selection(request)):
        raise BindgenError(f"{selection}: no name of the headers is left")
    maker = None
    if request.shim:
        progress("asking the compiler about the shim")
        maker = ShimMaker(compiler, includes, header, contents)
        maker.make(_symbol_finder(libraries))

    progress("writing")
    module = _write_texts(request, compiler, collector, libraries, maker)
    module.files = tuple(file for file in source.files if not file.startswith("<") and os.path.exists(file))
    return module


def _selection(request: Request) -> str:
    """Return the options that choose names, as one would type them."""
    given = [("--match", request.match), ("--skip", request.skip), *(("--from", glob) for glob in request.files)]
    return " ".join(f"{option} {value!r}" for option, value in given if value is not None)


def _leave_out_code(contents: Contents) -> None:
    for name in contents.inline:
        contents.left_out[name] = "it is a static inline function: --shim makes one of it"
    for name in contents.code:
        contents.left_out[name] = "it is a macro whose value is known at run time only: --shim has it"
    for name in contents.parametric:
        contents.left_out[name] = "it is a macro with parameters: --shim makes a function of it where it can"
    contents.aliases = {name: target for name, target in contents.aliases.items() if target not in contents.inline}


def _write_texts(
    request: Request, compiler: Compiler, collector: Collector, libraries: list[Library], maker: ShimMaker | None
) -> Module:
    contents = collector.contents
    rename = _renamer(request.rename, contents)
    sonames = [os.path.basename(library.path) if library.path else None for library in libraries]
    version = _version(request, libraries)
    head = "\n".join([
        f"{', '.join(map(os.path.basename, request.headers))} for Python.", "", "Made by",
        "", f"    {request.command or command_of(request)}", "",
        f"with libffi {libffi.__version__}, {compiler.version()} and {version}.",
        "Changes are lost when it is made again.",
    ])
    names = Names(collector.header, contents, rename)
    writer = Writer(names, contents, head, sonames, version, generated.abi(), request.shim if maker else None)
    text = writer.module()
    made = {"functions": contents.functions, "constants": contents.constants, "types": writer.types,
            "macros": contents.formulas, "variables": contents.variables, "aliases": contents.aliases}
    module = Module(text, writer.stub(), {what: [*map(names.public, found)] for what, found in made.items()},
                    contents.left_out)
    if maker is not None:
        module.made["of the shim"] = [names.public(entry.name) for entry in maker.entries]
        # The words of the compiler's own -I are not repeated: no path of this machine.
        module.shim = maker.text(
            f"What {', '.join(map(os.path.basename, request.headers))} has in the header only, for {request.shim}.",
            "".join(f'#include "{os.path.basename(header)}"\n' if os.path.exists(header) else f"#include <{header}>\n"
                    for header in request.headers))
        module.build = _builder(request, compiler, libraries)
    return module


def _builder(request: Request, compiler: Compiler, libraries: list[Library]) -> Callable[[Path, Path], None]:
    folders = [f"-I{os.path.dirname(os.path.abspath(header))}" for header in request.headers if os.path.exists(header)]

    def build(source: Path, target: Path) -> None:
        wanted = [compiler.library(library.path) for library in libraries if library.path]
        compiler.share(source, target, [*folders, *wanted])

    return build


def _in_folders(name: str, folders: list[str]) -> str:
    """Return a library that lies in a folder of its own by the name that it has where it really lies."""
    for folder in folders:
        path = os.path.realpath(os.path.join(folder, f"lib{name}.so"))
        if os.path.exists(path):
            versioned = re.match(r"(.*\.so\.\d+)", path)     # what programs ask for: libz.so.1
            return versioned[1] if versioned and os.path.exists(versioned[1]) else path
    return name


def _libraries(names: "Sequence[str | None] | dict[str | None, None]") -> list[Library]:
    found = []
    for name in names:
        try:
            found.append(Library(None if name == "-" else name))
        except LibraryNotFound as error:
            raise BindgenError(str(error), library=True) from error
    return found


def _symbol_finder(libraries: list[Library]) -> Callable[[str], str]:
    def missing(symbol: str) -> str:
        reason = ""
        for library in libraries:
            try:
                library.symbol(symbol)
                return ""
            except SymbolNotFound:
                name = os.path.basename(library.path) if library.path else "the process"
                reason = reason or f"{name} has no symbol {symbol!r}"
        return reason
    return missing


def _wanted(request: Request) -> Callable[[str], bool]:
    patterns = []
    for option, pattern in (("--match", request.match), ("--skip", request.skip)):
        try:
            patterns.append(re.compile(pattern) if pattern is not None else None)
        except re.error as error:
            raise BindgenError(f"{option} {pattern!r} is no regular expression: {error}") from error
    match, skip = patterns
    return lambda name: (match is None or match.fullmatch(name) is not None) and (
        skip is None or skip.fullmatch(name) is None)


def _renamer(rules: Sequence[tuple[str, str]], contents: Contents) -> Callable[[str], str]:
    """Return what gives C names those that they have in Python; a name that is taken stays with its owner."""
    compiled = []
    for pattern, replacement in rules:
        try:
            compiled.append((re.compile(pattern), replacement))
            re.sub(pattern, replacement, "")
        except (re.error, IndexError) as error:
            raise BindgenError(f"--rename {pattern}={replacement}: {error}") from error
    taken = contents.names()

    def rename(name: str) -> str:
        for pattern, replacement in compiled:
            if match := pattern.fullmatch(name):
                renamed = match.expand(replacement)
                if renamed.isidentifier() and not renamed.startswith("__"):
                    return renamed
        return name

    targets = Counter(rename(name) for name in taken)
    return lambda name: renamed if targets[renamed := rename(name)] <= 1 else name


def _version(request: Request, libraries: list[Library]) -> str:
    """Return names and version of the libraries, as exactly as they can be had."""
    if request.pkg_config:
        versions = pkg_config(request.pkg_config, "--modversion")
        return ", ".join(f"{name} {version}" for name, version in zip(request.pkg_config, versions, strict=False))
    return ", ".join(_file_version(library) for library in libraries)


def _file_version(library: Library) -> str:
    if not library.path:
        return "what the process has"
    name = os.path.basename(library.path)
    try:
        mapped = re.findall(rf"\s(/.*/{re.escape(name)}[^/\n]*|/.*/{re.escape(name.split('.so')[0])}[^/\n]*)$",
                            Path("/proc/self/maps").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        mapped = []
    return os.path.basename(os.path.realpath(mapped[0].removesuffix(" (deleted)"))) if mapped else name


def write_whole(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    try:
        if path.exists() and not path.is_file():    # /dev/stdout, a pipe
            path.write_text(text, encoding="utf-8")
            return
        path = Path(os.path.realpath(path))
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with open(descriptor, "w", encoding="utf-8") as stream:
                stream.write(text)
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise BindgenError(f"{path} cannot be written: {error.strerror or error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
