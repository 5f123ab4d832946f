/* Numbers as text must have a '.', whatever LC_NUMERIC says. */
#ifndef FFIPY_BASE_OS_C_LOCALE_H
#define FFIPY_BASE_OS_C_LOCALE_H

#include <locale.h>

#if defined(_WIN32)
#include <stdlib.h>
#include <string.h>

typedef struct {
    int per_thread;
    char *before;
} c_locale;

/* Of this thread only. */
static c_locale enter_c_locale(void)
{
    c_locale locale = {_configthreadlocale(_ENABLE_PER_THREAD_LOCALE), NULL};
    const char *name = setlocale(LC_NUMERIC, NULL);
    if (name != NULL && strcmp(name, "C") != 0)
        locale.before = _strdup(name);
    setlocale(LC_NUMERIC, "C");
    return locale;
}

static void leave_c_locale(c_locale locale)
{
    if (locale.before != NULL)
        setlocale(LC_NUMERIC, locale.before);
    free(locale.before);
    _configthreadlocale(locale.per_thread);
}

#else
typedef struct {
    locale_t own, before;
} c_locale;

static c_locale enter_c_locale(void)
{
    c_locale locale = {newlocale(LC_NUMERIC_MASK, "C", (locale_t)0), (locale_t)0};
    if (locale.own)
        locale.before = uselocale(locale.own);
    return locale;
}

static void leave_c_locale(c_locale locale)
{
    if (locale.own) {
        uselocale(locale.before);
        freelocale(locale.own);
    }
}
#endif

#endif
