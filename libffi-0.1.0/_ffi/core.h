/* The compiled core's C: the rooms, from the bottom up.  Each header includes what it uses. */
#ifndef FFIPY_CORE_H
#define FFIPY_CORE_H

#include <Python.h>

#include "base/held_view.h"
#include "base/immortal.h"
#include "base/locks.h"
#include "base/os/c_abi.h"
#include "base/os/clock.h"
#include "base/os/copies.h"
#include "base/os/fatal_signals.h"
#include "base/os/images.h"
#include "base/os/loader.h"
#include "base/os/readable.h"
#include "base/os/system_types.h"
#include "base/pool.h"
#include "base/shared_dict.h"
#include "base/trashcan.h"

#include "model/closure.h"
#include "model/errors.h"
#include "model/function.h"
#include "model/hooks.h"

#include "libffi/build.h"
#include "libffi/cif.h"
#include "libffi/closures.h"
#include "libffi/scalars.h"

#include "values/checked_pointers.h"
#include "values/checked_storage.h"
#include "values/class_call.h"
#include "values/field_slots.h"
#include "values/item_slots.h"
#include "values/load.h"
#include "values/store.h"
#include "values/type_call.h"

#include "calls/function.h"
#include "calls/go_and_raw.h"
#include "calls/known_cifs.h"
#include "calls/map.h"

#include "closures/closure.h"

#include "module/capsules.h"
#include "module/classes.h"
#include "module/crash_report.h"
#include "module/interpreters.h"

#include "capi/capi.h"

#endif
