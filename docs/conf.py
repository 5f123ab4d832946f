"""Sphinx: Markdown by myst-parser, the Python reference by autodoc. tools/docs runs it."""
import libffi

project = "libffi for Python"
author = "the libffi for Python authors"
copyright = author
release = libffi.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
default_role = "code"  # docstrings write `c.ptr(T)`
myst_heading_anchors = 3
suppress_warnings = ["myst.strikethrough"]
autodoc_member_order = "bysource"
html_theme = "alabaster"
html_theme_options = {"description": "call any C function, hand any Python callable to C"}
