"""Compress a stream with zlib's struct z_stream in Python's memory, and no copies.

C reads the chunks where Python has them and writes into a bytearray; next_in and
next_out are plain fields, and memory keeps alive what was stored in them.
"""
import zlib as standard  # only to check the result

from libffi import Library

zlib = Library("z")
zlib.declare("""
    typedef struct {
        const unsigned char *next_in;  unsigned avail_in;  unsigned long total_in;
        unsigned char *next_out;       unsigned avail_out; unsigned long total_out;
        const char *msg;
        void *state, *zalloc, *zfree, *opaque;
        int data_type;
        unsigned long adler, reserved;
    } z_stream;
    enum { Z_NO_FLUSH = 0, Z_FINISH = 4, Z_OK = 0, Z_STREAM_END = 1 };
    const char *zlibVersion(void);
    int deflateInit_(z_stream *, int level, const char *version, int stream_size);
    int deflate(z_stream *, int flush);
    int deflateEnd(z_stream *);
""")


def compress(chunks, level=6):
    """Yield compressed pieces of at most 4 KiB."""
    stream = zlib.z_stream.new()
    room = bytearray(4096)
    status = zlib.deflateInit_(stream, level, zlib.zlibVersion(), stream.size)
    if status != zlib.Z_OK:
        raise RuntimeError(f"deflateInit: {status}")
    try:
        for chunk, flush in [*((chunk, zlib.Z_NO_FLUSH) for chunk in chunks), (b"", zlib.Z_FINISH)]:
            stream.next_in, stream.avail_in = chunk, len(chunk)
            while True:
                stream.next_out, stream.avail_out = room, len(room)
                status = zlib.deflate(stream, flush)
                yield bytes(room[:len(room) - stream.avail_out])
                if stream.avail_out:  # it had room to spare: no more for now
                    break
        assert status == zlib.Z_STREAM_END
    finally:
        zlib.deflateEnd(stream)


def main():
    chunks = [f"line {i} of a long text\n".encode() * 20 for i in range(2000)]
    packed = b"".join(compress(chunks))
    whole = b"".join(chunks)
    assert standard.decompress(packed) == whole
    print(f"zlib {zlib.zlibVersion()}: {len(whole)} bytes -> {len(packed)}, "
          f"unpacked by Python's zlib: the same")
    offsets = zlib.z_stream.offsets
    print(f"{zlib.z_stream}: {zlib.z_stream.size} bytes, next_out at {offsets['next_out']}")


if __name__ == "__main__":
    main()
