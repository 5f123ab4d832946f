/* The compiled core's C, in the order it builds on itself. */
#ifndef FFIPY_CORE_H
#define FFIPY_CORE_H

#include <Python.h>
#include <ffi.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "libffi_config.h"
#include "base/compiler.h"
#include "base/locks.h"
#include "base/lifetime.h"
#include "model/type.h"
#include "model/objects.h"
#include "model/errors.h"
#include "base/stack.h"
#include "base/pool.h"
#include "base/readable.h"
#include "values/marshal.h"
#include "libffi/stack_space.h"
#include "libffi/cif.h"
#include "closures/threads.h"
#include "calls/call.h"
#include "calls/variadic.h"
#include "closures/block.h"
#include "closures/callback.h"
#include "closures/quarantine.h"
#include "closures/closure.h"
#include "calls/map.h"
#include "values/slots.h"
#include "calls/go_and_raw.h"
#include "values/function_pointers.h"
#include "module/classes.h"
#include "base/platform.h"
#include "capi/capi.h"

#endif
