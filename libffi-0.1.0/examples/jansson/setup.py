"""Make the binding of the jansson that is installed here, and build its shim with the package."""
import sysconfig

from setuptools import setup

from libffi import bindgen, shim

binding = bindgen.generate(
    ["jansson.h"], libraries=["jansson"], match="json_.*|JSON_.*|JANSSON_.*", shim="binding_shim")
binding.write("src/jansson/binding.py", compile_shim=False)
# The shim has nothing of Python in it: one wheel is for all versions, but free-threaded ones cannot make it.
wheel = {} if sysconfig.get_config_var("Py_GIL_DISABLED") else {"py_limited_api": "cp311"}
setup(
    ext_modules=[shim.extension("jansson.binding", folder="src", libraries=["jansson"])],
    options={"bdist_wheel": wheel})
