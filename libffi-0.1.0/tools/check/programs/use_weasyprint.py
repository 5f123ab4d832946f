"""WeasyPrint: a PDF of a page with text, a table and a picture."""
import weasyprint

page = """<h1>Title</h1><p>Some <b>text</b>, 日本 and עברית.</p>
<table>""" + "<tr><td>cell</td><td>another</td></tr>" * 40 + """</table>
<svg width="50" height="50"><circle cx="25" cy="25" r="20" fill="red"/></svg>"""
document = weasyprint.HTML(string=page).render()
assert len(document.pages) == 2
assert document.write_pdf().startswith(b"%PDF")
