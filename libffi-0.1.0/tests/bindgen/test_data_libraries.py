"""Generated modules of libraries for data, at their job. Without its headers one is skipped."""
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from libffi import c, string_at

numpy = pytest.importorskip("numpy")


class _Page(BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"<p>" + b"x" * 100_000 + self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    """The address of a web server of this process."""
    with HTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_curl_writes_to_a_python_function(bound, server):
    curl = bound("curl")
    chunks, status = [], c.long.new()

    @curl.curl_write_callback.closure
    def write(data, size, count, user):
        chunks.append(string_at(data, size * count))
        return size * count

    handle = curl.curl_easy_init()
    for option, value in ((curl.CURLOPT_URL, f"{server}/page"), (curl.CURLOPT_WRITEFUNCTION, write),
                          (curl.CURLOPT_NOPROXY, "*"), (curl.CURLOPT_TIMEOUT, c.long(30))):
        assert curl.curl_easy_setopt(handle, option, value) == curl.CURLE_OK
    assert curl.curl_easy_perform(handle) == curl.CURLE_OK
    assert curl.curl_easy_getinfo(handle, curl.CURLINFO_RESPONSE_CODE, status) == curl.CURLE_OK
    curl.curl_easy_cleanup(handle)
    assert status.value == 200 and b"".join(chunks) == b"<p>" + b"x" * 100_000 + b"/page" and len(chunks) > 1


def test_fftw_transforms_numpy_arrays(bound):
    fftw = bound("fftw3")
    signal, spectrum = numpy.zeros(16), numpy.zeros(9, dtype=complex)
    plan = fftw.fftw_plan_dft_r2c_1d(16, signal, spectrum, fftw.FFTW_ESTIMATE)
    signal[:] = numpy.sin(numpy.arange(16) * 0.7) + 0.25
    fftw.fftw_execute(plan)
    assert numpy.allclose(spectrum, numpy.fft.rfft(signal))
    forth, back = numpy.arange(6) * (1 + 2j), numpy.empty(6, dtype=complex)
    for sign, source, target in ((fftw.FFTW_FORWARD, forth, back), (fftw.FFTW_BACKWARD, back, forth)):
        plan2 = fftw.fftw_plan_dft_1d(6, source, target, sign, fftw.FFTW_ESTIMATE)
        fftw.fftw_execute(plan2)
        fftw.fftw_destroy_plan(plan2)
    assert numpy.allclose(forth / 6, numpy.arange(6) * (1 + 2j))
    fftw.fftw_destroy_plan(plan)


def test_libxml2_reports_what_it_parses(bound):
    xml = bound("xml2")
    seen = []

    @xml.startElementSAXFunc.closure
    def start(user, name, attributes):
        given, i = {}, 0
        while attributes and attributes[i]:
            given[text(attributes[i])] = text(attributes[i + 1])
            i += 2
        seen.append((text(name), given))

    @xml.charactersSAXFunc.closure
    def characters(user, data, length):
        seen.append(string_at(data, length).decode())

    def text(pointer):
        return string_at(pointer).decode()

    handler = xml.xmlSAXHandler.new(startElement=start, characters=characters)
    page = "<list kind='of é'><item>öne</item></list>".encode()
    assert xml.xmlSAXUserParseMemory(handler, None, page, len(page)) == 0
    assert seen == [("list", {"kind": "of é"}), ("item", {}), "öne"]


def test_hdf5_stores_arrays(bound, tmp_path):
    hdf5 = bound("hdf5_serial")
    path, shape, numbers = str(tmp_path / "file.h5"), c.array(c.uint64, 2)([3, 4]), numpy.arange(12.0)
    file = hdf5.H5Fcreate(path, hdf5.H5F_ACC_TRUNC, hdf5.H5P_DEFAULT, hdf5.H5P_DEFAULT)
    space = hdf5.H5Screate_simple(2, shape, None)
    data = hdf5.H5Dcreate2(file, "numbers", hdf5.H5T_NATIVE_DOUBLE, space, 0, 0, 0)
    assert min(file, space, data) > 0
    assert hdf5.H5Dwrite(data, hdf5.H5T_NATIVE_DOUBLE, hdf5.H5S_ALL, hdf5.H5S_ALL, 0, numbers) == 0
    for close, handle in ((hdf5.H5Dclose, data), (hdf5.H5Sclose, space), (hdf5.H5Fclose, file)):
        assert close(handle) == 0
    file = hdf5.H5Fopen(path, hdf5.H5F_ACC_RDONLY, 0)
    data, found = hdf5.H5Dopen2(file, "numbers", 0), numpy.zeros((3, 4), dtype=numpy.int32)
    assert hdf5.H5Dread(data, hdf5.H5T_NATIVE_INT32, hdf5.H5S_ALL, hdf5.H5S_ALL, 0, found) == 0
    assert found.tolist() == numbers.reshape(3, 4).tolist()
    assert hdf5.H5Dclose(data) == hdf5.H5Fclose(file) == 0


def test_icu_sorts_as_a_language_does(bound):
    from functools import cmp_to_key

    icu = bound("icui18n")
    status = c.int.new()

    def ordered(language, words):
        collator = icu.ucol_open(language, status)
        found = sorted(words, key=cmp_to_key(lambda a, b: int(icu.ucol_strcollUTF8(collator, a, -1, b, -1, status))))
        assert status.value <= icu.U_ZERO_ERROR     # what is less is a warning
        icu.ucol_close(collator)
        return found

    words = ["zebra", "ähnlich", "azur"]
    assert ordered("de", words) == ["ähnlich", "azur", "zebra"]
    assert ordered("sv", words) == ["azur", "zebra", "ähnlich"]
