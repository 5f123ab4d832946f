/* An exception that nobody handles, or abort(), is told to a function of ours first. */
#ifndef FFIPY_BASE_OS_WINDOWS_FATAL_EXCEPTIONS_H
#define FFIPY_BASE_OS_WINDOWS_FATAL_EXCEPTIONS_H

#include <Python.h>
#include <signal.h>
#include <string.h>
#include "base/os/windows/api.h"

/* Called with the exception's name, and the address that it is about or NULL; the process is about to end. */
static void (*tell_fatal_signal)(const char *name, const void *address);
static LPTOP_LEVEL_EXCEPTION_FILTER filter_before;
static void (*abort_before)(int);

/* For such functions: to the standard error, whatever comes of it. */
static void write_text(const char *text)
{
    DWORD written;
    WriteFile(GetStdHandle(STD_ERROR_HANDLE), text, (DWORD)strlen(text), &written, NULL);
}

static const char *name_of_exception(DWORD code)
{
    switch (code) {
    case EXCEPTION_ACCESS_VIOLATION: return "access violation";
    case EXCEPTION_IN_PAGE_ERROR: return "in-page error";
    case EXCEPTION_ILLEGAL_INSTRUCTION: return "illegal instruction";
    case EXCEPTION_PRIV_INSTRUCTION: return "privileged instruction";
    case EXCEPTION_INT_DIVIDE_BY_ZERO: return "integer division by zero";
    case EXCEPTION_FLT_DIVIDE_BY_ZERO: return "division by zero";
    case EXCEPTION_STACK_OVERFLOW: return "stack overflow";
    default: return "unhandled exception";
    }
}

static LONG WINAPI tell_exception(EXCEPTION_POINTERS *exception)
{
    static LONG told;
    const EXCEPTION_RECORD *record = exception->ExceptionRecord;
    const void *address = record->ExceptionCode == EXCEPTION_ACCESS_VIOLATION && record->NumberParameters > 1
                              ? (const void *)record->ExceptionInformation[1]
                              : NULL;
    if (InterlockedExchange(&told, 1) == 0)
        tell_fatal_signal(name_of_exception(record->ExceptionCode), address);
    return filter_before ? filter_before(exception) : EXCEPTION_CONTINUE_SEARCH;
}

static void tell_abort(int number)
{
    signal(number, abort_before == SIG_ERR ? SIG_DFL : abort_before);
    tell_fatal_signal("SIGABRT", NULL);
    raise(number);
}

/* From now on `tell` comes before who handles them now.  0, or -1 with errno. */
static int catch_fatal_signals(void (*tell)(const char *name, const void *address))
{
    LPTOP_LEVEL_EXCEPTION_FILTER previous;
    void (*aborted)(int) = signal(SIGABRT, tell_abort);

    if (aborted == SIG_ERR)
        return -1;
    if (aborted != tell_abort)
        abort_before = aborted;
    tell_fatal_signal = tell;
    previous = SetUnhandledExceptionFilter(tell_exception);
    if (previous != tell_exception)
        filter_before = previous;
    return 0;
}

/* Who came after us keeps his, and may pass them on to us. */
static void release_fatal_signals(void)
{
    LPTOP_LEVEL_EXCEPTION_FILTER filter = SetUnhandledExceptionFilter(filter_before);
    void (*aborted)(int) = signal(SIGABRT, abort_before);

    if (filter != tell_exception)
        SetUnhandledExceptionFilter(filter);
    if (aborted != tell_abort)
        signal(SIGABRT, aborted);
}

#endif
