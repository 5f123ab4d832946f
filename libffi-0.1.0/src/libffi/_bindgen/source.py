"""A preprocessed header: which file each line is of, and the text without what nobody needs."""
import os
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property

_MARKER = re.compile(r'^# (\d+) "((?:[^"\\]|\\.)*)"([ 0-9]*)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file."""

    file: str
    line: int


class Source:
    """Text of a preprocessor, and the way back from its lines to those of the files."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.main = ""      # what standard input is called: <stdin>, but zig makes a file of it
        self.included: dict[str, Place] = {}    # where each file was included first
        self._starts: list[int] = []
        self._places: list[Place] = []
        line, offset, file = 1, 0, ""
        inside: list[str] = []
        for match in _MARKER.finditer(text):
            line += text.count("\n", offset, match.start())
            offset = match.start()
            flags, outer = match[3].split(), file
            file = match[2].replace("\\\\", "\\").replace('\\"', '"')
            self.main = self.main or file
            if "1" in flags:
                inside.append("" if file in self.included else file)    # the first time counts
                self.included.setdefault(file, Place(outer, 0))
            elif "2" in flags and inside and (left := inside.pop()):    # back on the line after the #include
                self.included[left] = Place(file, int(match[1]) - 1)
            self._starts.append(line)
            self._places.append(Place(file, int(match[1])))

    def place(self, line: int) -> Place:
        """Return where a line of the text comes from."""
        index = bisect_right(self._starts, line) - 1
        if index < 0:
            return Place("", line)
        start = self._places[index]
        return Place(start.file, start.line + line - self._starts[index] - 1)

    @cached_property
    def files(self) -> list[str]:
        """Return the files that were read, in their order."""
        return [file for file in dict.fromkeys(place.file for place in self._places) if file != self.main]

    def named(self) -> list[str]:
        """Return the files that the text on standard input included itself."""
        return [file for file, place in self.included.items()
                if place.file == self.main and not file.startswith("<")]     # as clang has it for its own #defines


class OwnFiles:
    """Tells the files of a library from those that it only uses.

    Its own are the headers that were named, and what lies in their folder. Where that is a folder of the
    whole system, they are what its own files include by "name", what is called like the header, and the parts
    of C's own headers in bits/.
    """

    def __init__(self, source: Source, system: Sequence[str], patterns: Sequence[str] = ()) -> None:
        self._patterns = list(patterns)
        self._own: dict[str, bool] = {}
        self._folders: list[str] = []
        self._stems: list[str] = []
        self._source = source
        for file in () if patterns else source.named():
            self._own[file] = True
            folder = os.path.dirname(os.path.normpath(file)) or "."
            if folder in system or folder == ".":
                self._stems.append(os.path.join(folder, os.path.splitext(os.path.basename(file))[0]))
            else:
                self._folders.append(folder + os.sep)

    def __call__(self, file: str) -> bool:
        known = self._own.get(file)
        if known is None:
            self._own[file] = False     # headers may include each other in a circle
            known = self._own[file] = self._decide(file)
        return known

    def _decide(self, file: str) -> bool:
        if self._patterns:
            path = os.path.normpath(file)
            return any(fnmatchcase(path, pattern) or fnmatchcase(os.path.basename(path), pattern)
                       for pattern in self._patterns)
        if file.startswith("<") or file == self._source.main:
            return False
        path = os.path.normpath(file)
        if any(path.startswith(folder) for folder in self._folders):
            return True
        if any(path.startswith(stem) for stem in self._stems if len(os.path.basename(stem)) > 1):
            return True
        included = self._source.included.get(file)
        return included is not None and included.file != self._source.main and self(included.file) \
            and (os.path.basename(os.path.dirname(path)) == "bits" or _by_name(included, file))


def _by_name(included: Place, file: str) -> bool:
    r"""Say whether the line that includes a file spells it `#include "name"`."""
    lines = lines_of(included.file)
    if not 0 < included.line <= len(lines):
        return False
    match = re.match(r'\s*#\s*include\s*"([^"]*)"', lines[included.line - 1])
    return match is not None and os.path.basename(match[1]) == os.path.basename(file)


_lines: dict[str, list[str]] = {}


def lines_of(file: str) -> list[str]:
    """Return the lines of a header, none of one that cannot be read."""
    if file not in _lines:
        try:
            with open(file, encoding="utf-8", errors="replace") as stream:
                _lines[file] = stream.read().split("\n")
        except OSError:
            _lines[file] = []
    return _lines[file]


# What nobody needs.

_STRUCTURE = re.compile(r"""^[ \t]*\#[^\n]*$ | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | [{}();]""",
                        re.VERBOSE | re.MULTILINE)
_NAME = re.compile(r"[A-Za-z_]\w*")
_TAGGED = re.compile(r"\b(?:struct|union|enum)\b(?:\s*__attribute__\s*\(\(.*\)\))?\s*$", re.DOTALL)
_TAG = re.compile(r"\b(?:struct|union|enum)\b\s*(?:__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)\s*)?([A-Za-z_]\w*)")
_ENUM_BODY = re.compile(r"\benum\b[^;{}()]*\{([^{}]*)\}")
_ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\)|__asm__\s*\([^()]*\)")
_FUNCTION_POINTER = re.compile(r"\(\s*(?:\w+\s+)*\*[\s*]*(?:const\s+|volatile\s+)*([A-Za-z_]\w*)\s*[)\[(]")
_BRACES = re.compile(r"\{[^{}]*\}")


@dataclass(slots=True)
class _Chunk:
    """A declaration at file scope: where it stands, and where its function's body begins."""

    start: int
    end: int
    body: int
    has_body: bool


def needed_text(source: Source, wanted: Callable[[str], bool], names: Iterable[str] = ()) -> str:
    """Return the text with the lines it had, without declarations of other files that nothing wanted needs.

    Wanted are declarations in some files, and some names. Functions lose what is in their braces. Reading is
    what takes the time, and most of what a header includes is of no use to it.
    """
    text = source.text
    chunks: list[_Chunk] = []
    spans: set[tuple[int, int]] = set()
    for item in _chunks(text):
        if isinstance(item, _Chunk):
            chunks.append(item)
        elif text.startswith(("#pragma pack", "#pragma  pack"), item[0]):
            spans.add(item)
    providers: dict[str, list[_Chunk]] = {}     # of types and enumerators
    objects: dict[str, list[_Chunk]] = {}       # functions and variables, which no declaration needs
    kept: list[_Chunk] = []
    counted, line = 0, 1
    for chunk in chunks:
        line += text.count("\n", counted, chunk.start)
        counted = chunk.start
        if wanted(source.place(line).file):
            kept.append(chunk)
        else:
            declaration = text[chunk.start:chunk.body]
            for name in _tags_and_enumerators(declaration):
                providers.setdefault(name, []).append(chunk)
            table = providers if declaration.startswith(("typedef", "__extension__ typedef")) else objects
            for name in _declared_names(declaration, chunk.has_body):
                table.setdefault(name, []).append(chunk)
    asked = set(names)
    kept += [chunk for name in asked for chunk in objects.get(name, ())]
    waiting = list(kept)
    while asked or waiting:
        for name in asked:
            for provider in providers.pop(name, ()):
                kept.append(provider)
                waiting.append(provider)
        asked = set()
        while waiting:
            chunk = waiting.pop()
            asked.update(_NAME.findall(text, chunk.start, chunk.body))
    spans.update((chunk.start, chunk.body) for chunk in kept)
    bodies = {chunk.body: chunk.end for chunk in kept if chunk.has_body}
    pieces, last = [], 0
    for start, end in sorted(spans):
        pieces += ["\n" * text.count("\n", last, start), text[start:end]]
        last = end
        if end in bodies:
            pieces.append("{}")
    return "".join([*pieces, "\n"])


def _chunks(text: str) -> Iterator[_Chunk | tuple[int, int]]:
    """Yield the declarations of a text and the places of its directives."""
    start, depth, body = _after_space(text, 0), 0, -1
    for match in _STRUCTURE.finditer(text):
        sign = match[0]
        if sign[0] in "\"'":
            continue
        if sign.lstrip().startswith("#"):
            yield match.start(), match.end()
            if depth == 0 and start == _after_space(text, match.start()):
                start = _after_space(text, match.end())
            continue
        if sign == ";":
            if depth == 0:
                yield _Chunk(start, match.end(), match.end(), False)
                start = _after_space(text, match.end())
        elif sign in "({":
            if depth == 0 and sign == "{" and _is_function(text[start:match.start()]):
                body = match.start()
            depth += 1
        else:
            depth = max(0, depth - 1)
            if depth == 0 and sign == "}" and body >= 0:
                yield _Chunk(start, match.end(), body, True)
                start, body = _after_space(text, match.end()), -1


_SPACE = re.compile(r"\s*")


def _after_space(text: str, offset: int) -> int:
    match = _SPACE.match(text, offset)
    return match.end() if match else offset


def _is_function(head: str) -> bool:
    head = head.rstrip()
    return head.endswith(")") and not _TAGGED.search(head)


def _tags_and_enumerators(text: str) -> set[str]:
    names: set[str] = set()
    if "{" in text:
        names.update(found[1] for found in _TAG.finditer(text))
        for body in _ENUM_BODY.finditer(text):
            names.update(_NAME.findall(body[1]))
    elif (match := _TAG.match(text)) and text[match.end():].strip() == ";":
        names.add(match[1])     # struct s;
    return names


def _declared_names(text: str, has_body: bool) -> list[str]:
    """Return the names that a declaration gives to types, functions and variables, most likely."""
    outline = _ATTRIBUTE.sub(" ", text)
    while "{" in outline:
        shorter = _BRACES.sub(" ", outline)
        if shorter == outline:
            break
        outline = shorter
    if not has_body and "=" in outline:
        outline = outline.partition("=")[0] + ";"
    if match := _FUNCTION_POINTER.search(outline):
        return [match[1]]
    names, depth, current = [], 0, ""
    for part in re.split(r"([(),;\[\]])", outline):
        if part in ("(", "["):
            depth += 1
            if depth == 1:
                names += _NAME.findall(current)[-1:]
                current = ""
        elif part in (")", "]"):
            depth -= 1
        elif part in (",", ";"):
            if depth == 0:
                names += _NAME.findall(current)[-1:]
                current = ""
        elif depth == 0:
            current += part
    return names
