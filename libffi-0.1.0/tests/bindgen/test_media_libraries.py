"""Generated modules of libraries for pictures, text and windows, at their job. Without its headers one is skipped."""
import os
import struct
import zlib

import pytest

from libffi import c, string_at


def test_libpng_reads_a_picture_in_memory(bound):
    png = bound("png")

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"\0\xff\0\0\0\xff\0" + b"\0\0\0\xff\xff\xff\xff"
    file = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", 2, 2, 8, 2, 0, 0, 0)) + \
        chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    image = png.png_image.new(version=png.PNG_IMAGE_VERSION)
    assert png.png_image_begin_read_from_memory(image, file, len(file)) == 1
    assert (image.width, image.height) == (2, 2)
    image.format = png.PNG_FORMAT_RGBA
    pixels = bytearray(16)
    assert png.PNG_IMAGE_PIXEL_CHANNELS(image.format) * image.width * image.height == 16
    assert png.png_image_finish_read(image, None, pixels, 0, None) == 1
    assert pixels.hex(" ", 4) == "ff0000ff 00ff00ff 0000ffff ffffffff"
    broken = png.png_image.new(version=png.PNG_IMAGE_VERSION)
    assert png.png_image_begin_read_from_memory(broken, b"GIF89a..", 8) == 0
    assert broken.message.value.startswith(b"Not a PNG")


def test_cairo_draws_into_a_buffer_and_streams_it(bound):
    cairo = bound("cairo")
    pixels, written = bytearray(4 * 4 * 4), []
    surface = cairo.cairo_image_surface_create_for_data(pixels, cairo.CAIRO_FORMAT_ARGB32, 4, 4, 16)
    context = cairo.cairo_create(surface)
    cairo.cairo_set_source_rgba(context, 1, 0, 0, 1)
    cairo.cairo_rectangle(context, 1, 1, 2, 2)
    cairo.cairo_fill(context)
    assert cairo.cairo_status(context) == cairo.CAIRO_STATUS_SUCCESS
    cairo.cairo_surface_flush(surface)
    red = [struct.unpack_from("=I", pixels, 4 * i)[0] == 0xFFFF0000 for i in range(16)]
    assert [i for i in range(16) if red[i]] == [5, 6, 9, 10]

    @cairo.cairo_write_func_t.closure
    def write(user, data, length):
        written.append(string_at(data, length))
        return cairo.CAIRO_STATUS_SUCCESS

    assert cairo.cairo_surface_write_to_png_stream(surface, write, None) == cairo.CAIRO_STATUS_SUCCESS
    assert b"".join(written).startswith(b"\x89PNG")
    cairo.cairo_destroy(context)
    cairo.cairo_surface_destroy(surface)


FONT = b"""STARTFONT 2.1
FONT -test-tiny-medium-r-normal--8-80-75-75-c-80-iso10646-1
SIZE 8 75 75
FONTBOUNDINGBOX 8 8 0 0
STARTPROPERTIES 4
FONT_ASCENT 8
FONT_DESCENT 0
CHARSET_REGISTRY "ISO10646"
CHARSET_ENCODING "1"
ENDPROPERTIES
CHARS 1
STARTCHAR A
ENCODING 65
SWIDTH 1000 0
DWIDTH 8 0
BBX 8 4 0 0
BITMAP
18
24
7E
81
ENDCHAR
ENDFONT
"""


def test_freetype_renders_a_glyph(bound):
    freetype = bound("freetype")
    library, face = freetype.FT_Library.new(), freetype.FT_Face.new()
    assert freetype.FT_Init_FreeType(library) == 0
    assert freetype.FT_New_Memory_Face(library.value, FONT, len(FONT), 0, face) == 0
    assert freetype.FT_Load_Char(face.value, ord("A"), freetype.FT_LOAD_RENDER) == 0
    bitmap = face.value[0].glyph[0].bitmap
    assert (bitmap.width, bitmap.rows, bitmap.pitch) == (8, 4, 1)
    assert string_at(bitmap.buffer, 4) == bytes([0x18, 0x24, 0x7E, 0x81])
    freetype.FT_Done_Face(face.value)
    freetype.FT_Done_FreeType(library.value)


@pytest.fixture
def dummy_video(monkeypatch):
    """Let SDL open windows where there is no screen."""
    monkeypatch.setitem(os.environ, "SDL_VIDEODRIVER", "dummy")


def test_sdl_opens_a_window_and_hands_events_over(bound, dummy_video):
    sdl = bound("SDL2-2.0")
    linked, seen = sdl.SDL_version.new(), []
    sdl.SDL_GetVersion(linked)
    assert sdl.SDL_VERSIONNUM(linked.major, linked.minor, linked.patch) >= sdl.SDL_VERSIONNUM(2, 0, 0)
    assert sdl.SDL_Init(sdl.SDL_INIT_VIDEO) == 0
    try:
        assert sdl.SDL_GetCurrentVideoDriver() == "dummy"
        window = sdl.SDL_CreateWindow("title", sdl.SDL_WINDOWPOS_CENTERED_DISPLAY(0), 0, 40, 30, 0)
        assert sdl.SDL_GetWindowTitle(window) == "title"
        surface = sdl.SDL_GetWindowSurface(window)[0]
        blue = sdl.SDL_MapRGB(surface.format, 0, 0, 255)
        assert sdl.SDL_FillRect(c.ptr(sdl.SDL_Surface)(c.pointer(surface)), None, blue) == 0
        assert sdl.SDL_BYTESPERPIXEL(surface.format[0].format) == 4
        assert struct.unpack("=I", string_at(surface.pixels, 4))[0] == blue

        @sdl.SDL_EventFilter.closure
        def watch(user, event):
            seen.append(event[0].type)
            return 0

        sdl.SDL_AddEventWatch(watch, None)
        assert sdl.SDL_PushEvent(sdl.SDL_Event.new(type=sdl.SDL_USEREVENT)) == 1
        assert sdl.SDL_USEREVENT in seen
        sdl.SDL_DelEventWatch(watch, None)
        sdl.SDL_DestroyWindow(window)
    finally:
        sdl.SDL_Quit()
