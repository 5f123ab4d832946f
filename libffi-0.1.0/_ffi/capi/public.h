/* The public header as the core sees it: the table and its types, without what fetches them. */
#ifndef FFIPY_CAPI_PUBLIC_H
#define FFIPY_CAPI_PUBLIC_H

#include <Python.h>

#define LIBFFI_API_CORE
#include "libffi/libffi_api.h"

#endif
