"""python-magic: what sort of file is it?"""
import magic

for _ in range(100):
    assert magic.from_buffer(b"%PDF-1.7\n", mime=True) == "application/pdf"
assert "text" in magic.from_file(__file__)
try:
    magic.from_file("/nowhere")
except FileNotFoundError:
    pass
else:
    raise AssertionError("a file that is not there")
