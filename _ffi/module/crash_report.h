/* What a fatal signal finds: which calls and callbacks were under way on its thread. */
#ifndef FFIPY_MODULE_CRASH_REPORT_H
#define FFIPY_MODULE_CRASH_REPORT_H

#include <Python.h>

#include "base/os/fatal_signals.h"
#include "model/watched.h"

#define REPORTED_CALLS 32

/* Async-signal-safe: all texts were made when the calls began. */
static void report_crash(const char *signal)
{
    const watched_call *w;
    int told = 0;

    for (w = watched_calls; w != NULL; w = w->outer) {
        if (w->report == NULL)
            continue;
        if (told == 0) {
            write_text("libffi: ");
            write_text(signal);
            write_text(" in a call into C (the innermost first):\n");
        }
        if (++told > REPORTED_CALLS) {
            write_text("  ...\n");
            break;
        }
        write_text(w->report);
    }
    if (told)
        write_text("\n");
}

/* 0; or raises OSError. */
static int enable_crash_reports(void)
{
    if (catch_fatal_signals(report_crash) == 0)
        return 0;
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}

static void disable_crash_reports(void)
{
    release_fatal_signals();
}

#endif
