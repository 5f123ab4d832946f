/* Windows' own header, without its macros that take ordinary words. */
#ifndef FFIPY_BASE_OS_WINDOWS_API_H
#define FFIPY_BASE_OS_WINDOWS_API_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

#endif
