from ctypes.util import *  # noqa: F403
