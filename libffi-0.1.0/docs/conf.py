"""Sphinx: Markdown by myst-parser, the Python reference by autodoc with the stubs' types, furo. tools/docs runs it."""
import sys
from pathlib import Path

import libffi

sys.path.insert(0, str(Path(__file__).parent))

project = "libffi for Python"
author = "the libffi for Python authors"
copyright = author
release = libffi.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton", "sphinx_design",
              "_stub_signatures"]
exclude_patterns = ["_build"]
default_role = "code"  # docstrings write `c.ptr(T)`
myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence", "deflist"]
# `type` is an attribute of several classes, and Python's own in annotations.
suppress_warnings = ["myst.strikethrough", "ref.python"]
# Sphinx 9's other way leaves out, with a warning, each class whose signature it does not find: all that is compiled.
autodoc_use_legacy_class_based = True
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = "libffi for Python"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_favicon = "_static/icon.svg"
html_theme_options = {"navigation_with_keys": True}
pygments_style = "tango"
pygments_dark_style = "github-dark"

# What is copied from a session is what was typed.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True
