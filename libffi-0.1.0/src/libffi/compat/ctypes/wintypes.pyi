from ctypes.wintypes import *  # noqa: F403
