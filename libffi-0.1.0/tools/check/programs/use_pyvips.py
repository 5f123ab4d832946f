"""pyvips in ABI mode: pictures made, resized and written."""
import pyvips

assert not pyvips.API_mode
for _ in range(10):
    picture = pyvips.Image.black(200, 200, bands=3) + [255, 0, 0]
    small = picture.resize(0.5)
    assert small.width == 100
    assert small(50, 50) == [255.0, 0.0, 0.0]
    assert pyvips.Image.new_from_buffer(small.cast("uchar").pngsave_buffer(), "").height == 100
