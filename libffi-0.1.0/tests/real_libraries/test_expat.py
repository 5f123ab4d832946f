"""Expat's SAX callbacks, event by event the same as Python's own binding reports."""
from __future__ import annotations

from xml.parsers import expat as oracle

import pytest

import libffi
from libffi import CIF, LibraryNotFound, c

try:
    X = libffi.Library("expat")
except LibraryNotFound:
    pytest.skip("no libexpat", allow_module_level=True)

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE shop [<!ENTITY euro "&#8364;">]>
<?target some data?>
<!-- a comment -->
<shop open="yes" name="h\xe9">
  <item id="1">apple &amp; pear</item>
  <item id="2" price="5&euro;"/>
  <![CDATA[raw <data>]]>
</shop>
"""
BROKEN = "<a><b></a>"

parser_create = X.function("XML_ParserCreate", c.pointer, [c.string])
parser_free = X.function("XML_ParserFree", c.void, [c.pointer])
parse = X.function("XML_Parse", c.int, [c.pointer, c.bytes, c.int, c.int])
stop = X.function("XML_StopParser", c.int, [c.pointer, c.bool])
error_code = X.function("XML_GetErrorCode", c.int, [c.pointer])
error_string = X.function("XML_ErrorString", c.string, [c.int])
line = X.function("XML_GetCurrentLineNumber", c.ulong, [c.pointer])
set_user_data = X.function("XML_SetUserData", c.void, [c.pointer, c.pointer])

START = CIF(c.void, [c.pointer, c.string, c.ptr(c.string)])
END = CIF(c.void, [c.pointer, c.string])
DATA = CIF(c.void, [c.pointer, c.ptr(c.char), c.int])
COMMENT = CIF(c.void, [c.pointer, c.string])
INSTRUCTION = CIF(c.void, [c.pointer, c.string, c.string])
NOTHING = CIF(c.void, [c.pointer])


def set_handler(name, *cifs):
    return X.function(f"XML_Set{name}", c.void, [c.pointer, *map(c.func, cifs)])


class Parser:
    """Records events in the form of xml.parsers.expat's handlers."""

    def __init__(self):
        self.handle, self.events, self.kept, self.users = parser_create(None), [], [], set()
        self.set("ElementHandler", (START, self.start), (END, self.event("end")))
        self.set("CharacterDataHandler", (DATA, lambda user, data, n: self.text(data[0:n].decode())))
        self.set("CommentHandler", (COMMENT, self.event("comment")))
        self.set("ProcessingInstructionHandler", (INSTRUCTION, self.event("instruction")))
        self.set("CdataSectionHandler", (NOTHING, self.event("cdata")), (NOTHING, self.event("end cdata")))

    def set(self, name, *pairs):
        closures = [cif.closure(f) for cif, f in pairs]
        self.kept += closures
        set_handler(name, *(cif for cif, _ in pairs))(self.handle, *closures)

    def event(self, kind):
        def record(user, *what):
            self.users.add(user)
            self.events.append((kind, *what))
        return record

    def start(self, user, name, attributes):
        found, i = {}, 0
        while attributes[i] is not None:
            found[attributes[i]] = attributes[i + 1]
            i += 2
        self.events.append(("start", name, found))

    def text(self, data):
        self.events.append(("text", data))

    def feed(self, data, final=True):
        return parse(self.handle, data, len(data), final)


@pytest.fixture
def parser():
    parser = Parser()
    yield parser
    parser_free(parser.handle)


def expected(document):
    events, parser = [], oracle.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: events.append(("start", name, attributes))
    parser.EndElementHandler = lambda name: events.append(("end", name))
    parser.CharacterDataHandler = lambda data: events.append(("text", data))
    parser.CommentHandler = lambda data: events.append(("comment", data))
    parser.ProcessingInstructionHandler = lambda *what: events.append(("instruction", *what))
    parser.StartCdataSectionHandler = lambda: events.append(("cdata",))
    parser.EndCdataSectionHandler = lambda: events.append(("end cdata",))
    parser.Parse(document, True)
    return events


def merged(events):
    """Texts that follow each other as one: where they are cut is the parser's business."""
    result = []
    for event in events:
        if event[0] == "text" and result and result[-1][0] == "text":
            result[-1] = ("text", result[-1][1] + event[1])
        else:
            result.append(event)
    return result


def test_the_same_events_as_python(parser):
    assert parser.feed(DOCUMENT.encode()) == 1
    assert merged(parser.events) == merged(expected(DOCUMENT))
    assert ("start", "shop", {"open": "yes", "name": "h\xe9"}) in parser.events


def test_in_small_pieces(parser):
    data = DOCUMENT.encode()
    for i in range(0, len(data), 7):
        assert parser.feed(data[i:i + 7], final=False) == 1
    assert parser.feed(b"") == 1
    assert merged(parser.events) == merged(expected(DOCUMENT))


def test_errors(parser):
    assert parser.feed(BROKEN.encode()) == 0
    with pytest.raises(oracle.ExpatError) as caught:
        expected(BROKEN)
    assert error_code(parser.handle) == caught.value.code
    assert error_string(caught.value.code) in str(caught.value)
    assert line(parser.handle) == 1


def test_user_data(parser):
    set_user_data(parser.handle, 0xABCD)
    parser.feed(DOCUMENT.encode())
    assert parser.users == {0xABCD}


def test_an_exception_in_a_handler(parser):
    def fail(user, name):
        raise LookupError(name)

    parser.set("ElementHandler", (START, parser.start), (END, fail))
    with pytest.raises(LookupError, match="item"):
        parser.feed(DOCUMENT.encode())
    assert ("start", "shop", {"open": "yes", "name": "h\xe9"}) in parser.events


def test_a_handler_stops_the_parser(parser):
    def end(user, name):
        parser.events.append(("end", name))
        assert stop(parser.handle, False) == 1

    parser.set("ElementHandler", (START, parser.start), (END, end))
    assert parser.feed(DOCUMENT.encode()) == 0
    assert [e for e in parser.events if e[0] == "end"] == [("end", "item")]
    assert "aborted" in error_string(error_code(parser.handle))


def test_a_handler_replaces_another_while_parsing(parser):
    """A closure swaps itself for another in the middle of its own call."""
    seen = []

    def first(user, name):
        seen.append(("first", name))
        parser.set("ElementHandler", (START, parser.start), (END, lambda user, name: seen.append(("second", name))))

    parser.set("ElementHandler", (START, parser.start), (END, first))
    assert parser.feed(b"<a><b/><c/></a>") == 1
    assert seen == [("first", "b"), ("second", "c"), ("second", "a")]


def test_the_version(parser):
    info = c.struct("XML_Expat_Version", major=c.int, minor=c.int, micro=c.int)
    got = X.function("XML_ExpatVersionInfo", info)()
    text = X.function("XML_ExpatVersion", c.string)()
    assert text == f"expat_{got.major}.{got.minor}.{got.micro}"


def test_a_parser_that_python_allocates_for(libc):
    """XML_ParserCreate_MM takes a struct of three function pointers."""
    allocate, release = CIF(c.pointer, [c.size_t]), CIF(c.void, [c.pointer])
    resize = CIF(c.pointer, [c.pointer, c.size_t])
    suite = c.struct("XML_Memory_Handling_Suite", malloc_fcn=c.func(allocate), realloc_fcn=c.func(resize),
                     free_fcn=c.func(release))
    create = X.function("XML_ParserCreate_MM", c.pointer, [c.string, c.ptr(suite, const=True), c.string])
    malloc = libc.function("malloc", c.pointer, [c.size_t])
    realloc = libc.function("realloc", c.pointer, [c.pointer, c.size_t])
    free = libc.function("free", c.void, [c.pointer])
    live = set()

    def take(address):
        live.add(address)
        return address

    def again(old, size):
        live.discard(old)
        return take(realloc(old, size))

    def give(address):
        if address:
            live.remove(address)
            free(address)

    functions = suite.new(malloc_fcn=allocate.closure(lambda n: take(malloc(n))), realloc_fcn=resize.closure(again),
                          free_fcn=release.closure(give))
    handle = create(None, functions, None)
    assert live and parse(handle, DOCUMENT.encode(), len(DOCUMENT.encode()), 1) == 1
    parser_free(handle)
    assert not live
