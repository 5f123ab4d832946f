"""pypdfium2: make a document, save it to a Python stream, read it back, render its page."""
import io

import pypdfium2

document = pypdfium2.PdfDocument.new()
document.new_page(595, 842)
stream = io.BytesIO()
document.save(stream)                       # by a callback of ours
again = pypdfium2.PdfDocument(stream.getvalue())
for _ in range(50):
    image = again[0].render(scale=0.5).to_numpy()
assert image.shape[:2] == (421, 298)
assert image.min() == 255
