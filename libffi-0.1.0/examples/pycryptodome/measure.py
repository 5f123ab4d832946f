"""PyCryptodome before and after: ctypes, cffi and libffi, each in a process of its own, in turn.

    pip install pycryptodome cffi
    python examples/pycryptodome/measure.py [ROUNDS]
"""
import json
import subprocess
import sys
from pathlib import Path
from timeit import repeat

HERE = Path(__file__).parent
BACKENDS = ("ctypes", "cffi", "libffi")


def choose(backend):
    """Make PyCryptodome use that way to C."""
    if backend == "libffi":
        sys.path.insert(0, str(HERE))
        import port
        port.install()
    if backend == "ctypes":
        sys.modules["cffi"] = None      # type: ignore  # what PyCryptodome takes when it is there
    from Crypto.Util import _raw_api
    assert _raw_api.backend == backend, _raw_api.backend


def measure(backend):
    """Print the nanoseconds of some operations, which must give what they should."""
    choose(backend)
    from Crypto.Cipher import AES, ChaCha20
    from Crypto.Hash import SHA256
    key, block, page = bytes(range(32)), bytes(16), bytes(4096)
    cipher, hashing = AES.new(key, AES.MODE_ECB), SHA256.new()
    assert cipher.encrypt(block).hex() == "f29000b62a499fd0a9f39a6add2e7780"
    assert SHA256.new(b"abc").hexdigest().startswith("ba7816bf8f01cfea")
    work = {
        "AES, one block": lambda: cipher.encrypt(block),
        "SHA-256, update with 16 bytes": lambda: hashing.update(block),
        "SHA-256 of 16 bytes": lambda: SHA256.new(block).digest(),
        "AES-GCM of 16 bytes": lambda: AES.new(key, AES.MODE_GCM, nonce=block).encrypt_and_digest(block),
        "ChaCha20 of 4096 bytes": lambda: ChaCha20.new(key=key, nonce=block[:12]).encrypt(page),
    }
    print(json.dumps({name: min(repeat(function, number=400, repeat=5)) / 400 * 1e9
                      for name, function in work.items()}))


def main(rounds):
    best = {backend: {} for backend in BACKENDS}
    for _ in range(rounds):
        for backend in BACKENDS:
            done = subprocess.run([sys.executable, __file__, "--backend", backend],
                                  capture_output=True, text=True, check=True)
            for name, value in json.loads(done.stdout).items():
                best[backend][name] = min(value, best[backend].get(name, value))
    print(f"{'':32}" + "".join(f"{backend:>12}" for backend in BACKENDS) + "    ctypes/libffi  cffi/libffi")
    for name in best["libffi"]:
        times = [best[backend][name] for backend in BACKENDS]
        print(f"{name:32}" + "".join(f"{value:9.0f} ns" for value in times)
              + f"{times[0] / times[2]:14.2f}x{times[1] / times[2]:12.2f}x")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--backend"]:
        measure(sys.argv[2])
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else 5)
