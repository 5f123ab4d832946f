"""zlib's streams, with a struct z_stream in memory, checked against Python's zlib module."""
from __future__ import annotations

import random
import zlib

import pytest

import libffi
from libffi import CIF, LibraryNotFound, c

try:
    Z = libffi.Library("z")
except LibraryNotFound:
    pytest.skip("no libz", allow_module_level=True)

ALLOCATE = CIF(c.pointer, [c.pointer, c.uint, c.uint])
FREE = CIF(c.void, [c.pointer, c.pointer])
STREAM = c.struct(
    "z_stream_s",
    next_in=c.pointer, avail_in=c.uint, total_in=c.ulong,
    next_out=c.pointer, avail_out=c.uint, total_out=c.ulong,
    msg=c.string, state=c.pointer,
    zalloc=c.func(ALLOCATE), zfree=c.func(FREE), opaque=c.pointer,
    data_type=c.int, adler=c.ulong, reserved=c.ulong,
)
VERSION = Z.function("zlibVersion", c.string)()
DEFLATE_INIT = Z.function("deflateInit2_", c.int, [c.ptr(STREAM), *[c.int] * 5, c.string, c.int])
INFLATE_INIT = Z.function("inflateInit2_", c.int, [c.ptr(STREAM), c.int, c.string, c.int])
STEPS = {name: Z.function(name, c.int, [c.ptr(STREAM), c.int]) for name in ("deflate", "inflate")}
ENDS = {name: Z.function(f"{name}End", c.int, [c.ptr(STREAM)]) for name in ("deflate", "inflate")}
OK, STREAM_END, FINISH, NO_FLUSH = 0, 1, 4, 0


def text(size):
    rng = random.Random(size)
    words = [bytes(rng.choices(b"abcdefgh", k=rng.randint(1, 9))) for _ in range(200)]
    return b" ".join(rng.choices(words, k=size // 5 + 1))[:size]


def run(kind, data, stream=None, *, chunk=997, level=6, bits=15):
    """All of data through deflate or inflate, a chunk in and a chunk out at a time."""
    stream = STREAM.new() if stream is None else stream
    if kind == "deflate":
        status = DEFLATE_INIT(stream, level, 8, bits, 8, 0, VERSION, STREAM.size)
    else:
        status = INFLATE_INIT(stream, bits, VERSION, STREAM.size)
    assert status == OK, status
    source, room, result, at = c.array(c.char, max(len(data), 1)).new(data), bytearray(chunk), bytearray(), 0
    try:
        while status != STREAM_END:
            if not stream.avail_in and at < len(data):
                stream.next_in, stream.avail_in = source.address + at, min(chunk, len(data) - at)
                at += stream.avail_in
            stream.next_out, stream.avail_out = libffi.addressof(room), chunk
            status = STEPS[kind](stream, FINISH if at == len(data) and kind == "deflate" else NO_FLUSH)
            if status < OK:
                raise zlib.error(status, stream.msg)
            result += room[:chunk - stream.avail_out]
        assert stream.total_out == len(result)
        return bytes(result)
    finally:
        ENDS[kind](stream)


@pytest.mark.parametrize("size", [1, 100, 10_000, 200_000])
@pytest.mark.parametrize("chunk", [61, 4096])
@pytest.mark.parametrize("bits", [15, -15, 31], ids=["zlib", "raw", "gzip"])
def test_deflate_is_read_by_python(size, chunk, bits):
    data = text(size)
    packed = run("deflate", data, chunk=chunk, bits=bits)
    assert zlib.decompress(packed, wbits=bits) == data


@pytest.mark.parametrize("level", range(10))
def test_inflate_reads_python(level):
    data = text(50_000)
    packer = zlib.compressobj(level)
    assert run("inflate", packer.compress(data) + packer.flush()) == data


def test_the_same_bytes_as_python():
    """Where both are the same version of zlib."""
    data = text(30_000)
    packed = run("deflate", data)
    assert len(packed) < len(data) and zlib.decompress(packed) == data
    if zlib.ZLIB_RUNTIME_VERSION == VERSION:
        assert packed == zlib.compress(data)


@pytest.mark.parametrize("damage, message", [
    (lambda p: b"\xff" + p[1:], "header"),
    (lambda p: p[:-1] + bytes([p[-1] ^ 1]), "check"),
])
def test_the_stream_says_what_is_wrong(damage, message):
    stream = STREAM.new()
    with pytest.raises(zlib.error) as caught:
        run("inflate", damage(zlib.compress(b"x" * 1000)), stream)
    assert message in caught.value.args[1]


def test_python_allocates_for_zlib(libc):
    """zalloc and zfree are closures, kept in the struct's fields."""
    malloc = libc.function("malloc", c.pointer, [c.size_t])
    free = libc.function("free", c.void, [c.pointer])
    live, users = set(), set()

    def allocate(opaque, items, size):
        users.add(opaque)
        live.add(address := malloc(items * size))
        return address

    def release(opaque, address):
        live.remove(address)
        free(address)

    stream = STREAM.new(zalloc=ALLOCATE.closure(allocate), zfree=FREE.closure(release), opaque=77)
    data = text(20_000)
    assert zlib.decompress(run("deflate", data, stream)) == data
    assert users == {77} and not live


def test_an_allocator_that_raises():
    """zlib sees NULL and gives up in good order; the exception comes back."""
    def allocate(opaque, items, size):
        raise MemoryError("no more")

    stream = STREAM.new(zalloc=ALLOCATE.closure(allocate), zfree=FREE.closure(lambda *a: None))
    with pytest.raises(MemoryError, match="no more"):
        DEFLATE_INIT(stream, 6, 8, 15, 8, 0, VERSION, STREAM.size)
    assert stream.state is None


def test_adler_is_in_the_stream():
    data, stream = text(5000), STREAM.new()
    run("deflate", data, stream)
    assert stream.adler == zlib.adler32(data)


@pytest.mark.parametrize("name", ["crc32", "adler32"])
def test_checksums(name):
    f = Z.function(name, c.ulong, [c.ulong, c.ptr(c.uchar, const=True), c.uint])
    start = f(0, None, 0)
    for size in (0, 1, 5, 1000):
        data = text(size)
        for buffer in (data, bytearray(data), memoryview(data)):
            assert f(start, buffer, size) == getattr(zlib, name)(data)


def test_one_call():
    signature = [c.ptr(c.uchar), c.inout(c.ulong), c.ptr(c.uchar, const=True), c.ulong]
    compress = Z.function("compress2", c.int, [*signature, c.int])
    uncompress = Z.function("uncompress", c.int, signature)
    bound = Z.function("compressBound", c.ulong, [c.ulong])
    data = text(3000)
    room = bytearray(bound(len(data)))
    status, size = compress(room, len(room), data, len(data), 9)
    assert status == OK and zlib.decompress(room[:size]) == data
    back = bytearray(len(data))
    assert uncompress(back, len(back), room, size) == (OK, len(data)) and back == data


def test_inflate_back_pulls_and_pushes_through_callbacks():
    """inflateBack asks Python for input and gives it the output."""
    pull_cif = CIF(c.uint, [c.pointer, c.ptr(c.pointer)])
    push_cif = CIF(c.int, [c.pointer, c.ptr(c.uchar), c.uint])
    init = Z.function("inflateBackInit_", c.int, [c.ptr(STREAM), c.int, c.pointer, c.string, c.int])
    back = Z.function("inflateBack", c.int,
                      [c.ptr(STREAM), c.func(pull_cif), c.pointer, c.func(push_cif), c.pointer])
    end = Z.function("inflateBackEnd", c.int, [c.ptr(STREAM)])
    data = text(100_000)
    packed = zlib.compressobj(wbits=-15)
    packed = packed.compress(data) + packed.flush()
    pieces = [c.array(c.char, len(packed[i:i + 500])).new(packed[i:i + 500]) for i in range(0, len(packed), 500)]
    given, result = iter(pieces), bytearray()

    @pull_cif.closure
    def pull(descriptor, place):
        piece = next(given, None)
        if piece is None:
            return 0
        place[0] = piece.address
        return piece.size

    @push_cif.closure
    def push(descriptor, chunk, size):
        result.extend(chunk[0:size])
        return 0

    window, stream = bytearray(1 << 15), STREAM.new()
    assert init(stream, 15, window, VERSION, STREAM.size) == OK
    assert back(stream, pull, None, push, None) == STREAM_END
    assert end(stream) == OK and bytes(result) == data
