"""cairocffi: draw, and write a picture to a Python stream."""
import io

import cairocffi

for _ in range(50):
    surface = cairocffi.ImageSurface(cairocffi.FORMAT_ARGB32, 100, 100)
    context = cairocffi.Context(surface)
    context.set_source_rgb(1, 0, 0)
    context.paint()
    context.arc(50, 50, 30, 0, 6.3)
    context.fill()
    stream = io.BytesIO()
    surface.write_to_png(stream)            # by a callback of ours
    assert stream.getvalue().startswith(b"\x89PNG")
