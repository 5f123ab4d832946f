"""Modules of real libraries, where their headers are."""
import ctypes.util
from pathlib import Path

import pytest

from libffi import bindgen

# library: headers, options
LIBRARIES = {
    "uv": (["uv.h"], {}),
    "gsl": (["gsl/gsl_integration.h", "gsl/gsl_errno.h"], {}),
    "lmdb": (["lmdb.h"], {}),
    "lua5.4": (["lua5.4/lua.h", "lua5.4/lauxlib.h", "lua5.4/lualib.h"], {"shim": "lua5_4_c_shim"}),
    "jansson": (["jansson.h"], {}),
    "crypto": (["openssl/evp.h"], {"match": "EVP_.*"}),
    "pcre2-8": (["pcre2.h"], {"flags": ["-DPCRE2_CODE_UNIT_WIDTH=8"]}),
    "gmp": (["gmp.h"], {}),
    "nlopt": (["nlopt.h"], {}),
    "zmq": (["zmq.h"], {}),
    "archive": (["archive.h", "archive_entry.h"], {}),
    "curl": (["curl/curl.h"], {}),
    "fftw3": (["fftw3.h"], {"flags": ["-include", "complex.h"]}),
    "png": (["png.h"], {}),
    "xml2": (["libxml/parser.h", "libxml/SAX2.h"], {"pkg_config": ["libxml-2.0"]}),
    "cairo": (["cairo.h"], {"pkg_config": ["cairo"]}),
    "freetype": (["ft2build.h", "freetype/freetype.h"], {"pkg_config": ["freetype2"]}),
    "hdf5_serial": (["hdf5.h"], {"pkg_config": ["hdf5"], "match": "H5[DFPST].*", "shim": "hdf5_serial_c_shim"}),
    "icui18n": (["unicode/ucol.h"], {"match": "ucol_.*|U.*"}),
    "SDL2-2.0": (["SDL2/SDL.h"], {}),
    "glib-2.0": (["glib.h"], {
        "pkg_config": ["glib-2.0"], "match": "g_main_loop_.*|g_timeout_.*|GSourceFunc|G_SOURCE_.*"}),
}


def write_module(library, folder):
    """Write the module of a library into a folder and return its name; skip the test where that cannot be."""
    headers, options = LIBRARIES[library]
    roots = [Path("/usr/include"), *Path("/usr/include").glob("*-linux-gnu"), Path("/usr/local/include")]
    there = all(any((root / header).exists() for root in roots) for header in headers) or "pkg_config" in options
    if not ctypes.util.find_library(library) or not there:
        pytest.skip(f"needs the headers of {library}")
    name = library.replace(".", "_").replace("-", "_") + "_c"
    try:
        module = bindgen.generate(headers, libraries=[library], **options)
    except bindgen.BindgenError as error:
        if "No such file" not in str(error) and "pkg-config" not in str(error):
            raise
        pytest.skip(f"needs the headers of {library}: {str(error)[:80]}")
    module.write(folder / f"{name}.py")
    return name
