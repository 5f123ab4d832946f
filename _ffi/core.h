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
#include "compiler.h"
#include "locks.h"
#include "lifetime.h"
#include "types.h"
#include "objects.h"
#include "errors.h"
#include "stack.h"
#include "pool.h"
#include "marshal.h"
#include "stack_space.h"
#include "cif.h"
#include "threads.h"
#include "call.h"
#include "variadic.h"
#include "block.h"
#include "callback.h"
#include "quarantine.h"
#include "closure.h"
#include "map.h"
#include "fast.h"
#include "other_calls.h"
#include "function_pointers.h"
#include "classes.h"
#include "platform.h"
#include "capi.h"

#endif
