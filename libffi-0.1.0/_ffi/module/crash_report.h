/* What a fatal signal finds: which calls and callbacks were under way on its thread. */
#ifndef FFIPY_MODULE_CRASH_REPORT_H
#define FFIPY_MODULE_CRASH_REPORT_H

#include <Python.h>

#include "base/os/copies.h"
#include "base/os/fatal_signals.h"
#include "model/watched.h"
#include "values/checked_storage.h"

#define REPORTED_CALLS 32

/* Async-signal-safe, but for a table that another thread may be changing: then nothing is said.  1: it was. */
static int report_block_around(const char *signal, const char *address)
{
    const checked_block *block;

    if (address == NULL || __atomic_load_n(&checked.changing, __ATOMIC_SEQ_CST) || checked.count == 0)
        return 0;
    block = block_around(address);
    if (block == NULL)
        return 0;
    write_text("libffi: ");
    write_text(signal);
    write_text(" ");
    write_text(place_in(block, address).text);
    write_text(block->freed ? " freed " : " ");
    write_text(block->told);
    if (block->passed[0] != '\0') {
        write_text("\n  last ");
        write_text(block->passed);
    }
    write_text("\n");
    return 1;
}

/* Async-signal-safe: all texts were made when the calls began. */
static void report_crash(const char *signal, const void *address)
{
    const watched_call *w;
    int told = 0, about_block = report_block_around(signal, address);

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
    if (told || about_block)
        write_text("\n");
}

/* 0; or raises OSError. */
static int enable_crash_reports(void)
{
    has_to_stay = 1;                /* who catches signals later passes them on to us, if he likes after our end */
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
