"""Make the binding of the jansson that is installed here, and build its shim with the package."""
from setuptools import setup

from libffi import bindgen, shim

binding = bindgen.generate(
    ["jansson.h"], libraries=["jansson"], match="json_.*|JSON_.*|JANSSON_.*", shim="binding_shim")
binding.write("src/jansson/binding.py", compile_shim=False)
setup(ext_modules=[shim.extension("jansson.binding", folder="src", libraries=["jansson"])])
