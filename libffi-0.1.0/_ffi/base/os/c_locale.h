/* Numbers as text must have a '.', whatever LC_NUMERIC says: POSIX's way. */
#ifndef FFIPY_BASE_OS_C_LOCALE_H
#define FFIPY_BASE_OS_C_LOCALE_H

#include <locale.h>
#if defined(__APPLE__)
#include <xlocale.h>
#endif

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
