"""Documentation in headers: the comment that stands right above a declaration, or right below it."""
import re
import textwrap

from libffi._bindgen.source import Place, lines_of

_DOCUMENTING = ("/**", "/*!", "///", "//!")
_ONLY_MACROS = re.compile(r"\s*[A-Z_][A-Z0-9_]*(?:\s*\([^()]*\)|\s+[A-Z_][A-Z0-9_]*)*\s*$")
_RULE = re.compile(r"[\s*/=\-_~#+.]*$")
_FARTHEST = 400     # lines that a comment or a declaration may have


def documentation(place: Place) -> str:
    """Return what the header says of the declaration that begins at a place, "" where it says nothing."""
    lines = lines_of(place.file)
    start = place.line - 1
    if not 0 <= start < len(lines):
        return ""
    above = start - 1
    while above >= 0 and _ONLY_MACROS.match(lines[above]):
        above -= 1
    comment = _comment_ending_at(lines, above)
    if comment is None and above >= 0 and not lines[above].strip():
        comment = _comment_ending_at(lines, above - 1)      # a blank line between is for /** */ alone
        if comment is not None and not comment[0].lstrip().startswith(_DOCUMENTING):
            comment = None
    if comment is None or _is_of_what_is_above(lines, above, comment):
        comment = _comment_below(lines, start)
    return _cleaned(comment) if comment else ""


def _comment_ending_at(lines: list[str], last: int) -> list[str] | None:
    if last < 0:
        return None
    text = lines[last].strip()
    if text.startswith("//"):
        first = last
        while first > 0 and lines[first - 1].strip().startswith("//"):
            first -= 1
    elif text.endswith("*/"):
        first = last
        while "/*" not in lines[first]:
            first -= 1
            if first < 0 or last - first > _FARTHEST or "*/" in lines[first]:
                return None
        if not lines[first].lstrip().startswith("/*"):
            return None     # behind a declaration: of that one
    else:
        return None
    if first <= 1 and not text.startswith(_DOCUMENTING):
        return None         # the file's own, with its licence
    return lines[first:last + 1]


def _is_of_what_is_above(lines: list[str], last: int, comment: list[str]) -> bool:
    """Say whether a plain comment hangs on the declaration before it, as some headers write them."""
    if comment[0].lstrip().startswith(_DOCUMENTING):
        return False
    before = last - len(comment)
    hangs = before >= 0 and lines[before].rstrip().endswith(";")
    return hangs and last + 1 < len(lines) and not lines[last + 1].strip()


def _comment_below(lines: list[str], start: int) -> list[str] | None:
    """Return a comment that begins right below a declaration, if nothing else can be meant by it."""
    end = start
    while end < len(lines) and ";" not in lines[end]:
        end += 1
        if end - start > _FARTHEST or (end < len(lines) and "{" in lines[end]):
            return None
    first = end + 1
    if first >= len(lines) or not lines[first].lstrip().startswith("/*"):
        return None
    last = first
    while last < len(lines) and "*/" not in lines[last]:
        last += 1
        if last - first > _FARTHEST:
            return None
    if last + 1 < len(lines) and lines[last + 1].strip():
        return None         # it is of what comes next
    return lines[first:last + 1]


def _cleaned(comment: list[str]) -> str:
    """Return the words of a comment."""
    text = "\n".join(line.rstrip() for line in comment).strip()
    if text.startswith("//"):
        body = "\n".join(re.sub(r"^\s*//[/!]*<? ?", "", line) for line in text.split("\n"))
    else:
        text = re.sub(r"^/\*[*!]*<?", "", text)
        text = re.sub(r"\**\*/$", "", text)
        lines = text.split("\n")
        starred = [line for line in lines[1:] if line.strip()]
        if starred and all(re.match(r"\s*\*", line) for line in starred):
            lines[1:] = [re.sub(r"^\s*\*+ ?", "", line) for line in lines[1:]]
        body = lines[0].strip() + "\n" + textwrap.dedent("\n".join(lines[1:])) if lines[1:] else lines[0].strip()
    kept = [line.rstrip().expandtabs(8) for line in body.split("\n")]
    kept = ["" if _RULE.match(line) else line for line in kept]
    return re.sub(r"\n{3,}", "\n\n", textwrap.dedent("\n".join(kept)).strip("\n")).strip()
