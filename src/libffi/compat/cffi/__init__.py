"""cffi's in-line ABI mode over this package's core.

`cffi.FFI(backend=libffi.compat.cffi)` makes one FFI of it; after `libffi.compat.cffi.install()` every cffi.FFI() of the
program stands on it. Modules that cffi compiled, or wrote for out-of-line mode, keep `_cffi_backend`.
"""
import sys

TYPE_CHECKING = False           # what is imported here is waited for by every program
if TYPE_CHECKING:
    from types import ModuleType


def imported(name: str) -> "ModuleType":
    """Return the module of that whole name."""
    __import__(name)
    return sys.modules[name]


_cdata = imported("libffi.compat.cffi._cdata")


class Backend:
    """What cffi.FFI() asks: the functions of `_cdata`, and of _cffi_backend what is for compiled modules.

    It is no module, for cffi keeps the types of all backends that are modules in one place.
    """

    def __init__(self, module: "ModuleType") -> None:
        names = {name: value for name, value in vars(_cdata).items()
                 if not name.startswith("__") or name.startswith("__C")}
        del names["FFI"]
        self.__dict__.update(vars(module), **names)

    @property
    def __version__(self) -> str:
        """The version of the installed cffi, which it wants its backend to have."""
        return str(imported("cffi").__version__)

    def install(self) -> None:
        """Put it in the place of _cffi_backend: every cffi.FFI() made from here on stands on it."""
        cffi = imported("cffi")
        modules: dict[str, object] = sys.modules  # type: ignore[assignment]
        if modules.get("_cffi_backend") is not self:
            self.__dict__["compiled"] = modules.get("_cffi_backend")
            modules["_cffi_backend"] = self
        if not hasattr(cffi.FFI, "CData"):
            cffi.FFI.CData, cffi.FFI.CType = _cdata._get_types()

    def FFI(self, *arguments: object, **options: object) -> object:
        """Return what allocates, or of cffi's own backend what a module in out-of-line mode calls."""
        return self._original().FFI(*arguments, **options) if arguments or options else _cdata.FFI()

    def __getattr__(self, name: str) -> object:
        """What a module that cffi compiled needs comes from cffi's own backend."""
        if not name.startswith(("_init_cffi", "Lib")):
            raise AttributeError(f"libffi.compat.cffi has no {name!r}")
        return getattr(self._original(), name)

    def __dir__(self) -> "list[str]":
        return sorted({*super().__dir__(), "_init_cffi_1_0_external_module", "Lib"})     # what waits, too

    def _original(self) -> "ModuleType":
        """Return cffi's own backend, imported if nobody has done it before."""
        if self.__dict__.get("compiled") is None:
            ours = sys.modules.pop("_cffi_backend", None)
            try:
                self.__dict__["compiled"] = imported("_cffi_backend")
            finally:
                if ours is not None:
                    sys.modules["_cffi_backend"] = ours
        compiled: ModuleType = self.__dict__["compiled"]
        return compiled


_backend = Backend(sys.modules[__name__])
install = _backend.install      # where checkers look
sys.modules[__name__] = _backend  # type: ignore[assignment]
