"""PyCryptodome on libffi: examples/pycryptodome, where PyCryptodome is installed."""
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "pycryptodome"

pytest.importorskip("Crypto.Util._raw_api", reason="needs PyCryptodome")


def python(*arguments):
    done = subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True,
                          timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("backend", ["libffi", "ctypes", "cffi"])
def test_every_backend_gives_what_it_should(backend):
    if backend == "cffi":
        pytest.importorskip("cffi")
        if os.environ.get("LIBFFI_SANITIZER") == "address":
            pytest.skip("PyCryptodome's cffi opens libraries with RTLD_DEEPBIND, which AddressSanitizer refuses")
    times = json.loads(python(FOLDER / "measure.py", "--backend", backend))
    assert len(times) == 5 and min(times.values()) > 0


def test_other_parts():
    python("-c", f"""if True:
        import sys
        sys.path.insert(0, {str(FOLDER)!r})
        import port
        port.install()
        from Crypto.Util import Counter, strxor
        from Crypto.Cipher import AES, ARC4
        from Crypto.Hash import BLAKE2b, MD5, SHA3_256
        assert MD5.new(bytearray(b"abc")).hexdigest() == "900150983cd24fb0d6963f7d28e17f72"
        assert SHA3_256.new(memoryview(b"abc")).hexdigest().startswith("3a985da74fe225b2")
        assert BLAKE2b.new(data=b"", digest_bits=512).hexdigest().startswith("786a02f742015903")
        assert strxor.strxor(b"ab", b"  ") == b"AB"
        assert ARC4.new(b"Key" * 2).decrypt(ARC4.new(b"Key" * 2).encrypt(b"text")) == b"text"
        cipher = AES.new(bytes(16), AES.MODE_CTR, counter=Counter.new(128))
        assert len(cipher.encrypt(bytes(100_000))) == 100_000
        output = bytearray(16)
        AES.new(bytes(16), AES.MODE_CBC, iv=bytes(16)).encrypt(bytes(16), output=output)
        assert output.hex() == "66e94bd4ef8a2c3b884cfa59ca342b2e"
    """)
