from ctypes import *  # noqa: F403

from libffi.compat._install import install as install
