"""A language of one page with libffi as its FFI: the raw layer, no conversion of values.

The interpreter keeps numbers in a block of bytes of its own, as a runtime does; a CIF says
where the arguments and the result go in it, and the call touches nothing else.
"""
import struct

from libffi import CIF, Library, c

KINDS = {"f": (c.double, "d"), "i": (c.int64, "q")}  # our types: C type, code of struct.pack


class Foreign:
    """A foreign word: `pow` of `m` with the signature `ff-f` (two floats to a float)."""

    def __init__(self, library, symbol, signature):
        takes, gives = signature.split("-")
        self.library = library  # unloaded when nobody has it any more
        self.address = library.symbol(symbol)
        self.cif = CIF(KINDS[gives][0], [KINDS[kind][0] for kind in takes])
        self.block = bytearray(self.cif.exchange_size)
        self.result, *self.arguments = [
            (KINDS[kind][1], offset)
            for kind, offset in zip(gives + takes, self.cif.exchange_offsets, strict=True)]

    def run(self, stack):
        for code, offset in reversed(self.arguments):
            struct.pack_into(code, self.block, offset, stack.pop())
        self.cif.call_exchange(self.address, self.block)
        code, offset = self.result
        stack.append(struct.unpack_from(code, self.block, offset)[0])


def run(program):
    stack: list[object] = []
    words, libraries = {}, {}
    for line in program.strip().splitlines():
        match line.split():
            case ["foreign", library, symbol, signature]:
                if library not in libraries:
                    libraries[library] = Library(None if library == "-" else library)
                words[symbol] = Foreign(libraries[library], symbol, signature)
            case terms:
                for term in terms:
                    if term == ".":
                        print(stack.pop())
                    elif term in words:
                        words[term].run(stack)
                    else:
                        stack.append(float(term) if "." in term else int(term))


if __name__ == "__main__":
    run("""
foreign m pow ff-f
foreign m fma fff-f
foreign - llabs i-i
2.0 10.0 pow .
2.0 3.0 4.0 fma .
-1099511627776 llabs .
""")
