/* A fatal signal is told to a function of ours first, then to whom it would have gone. */
#ifndef FFIPY_BASE_OS_FATAL_SIGNALS_H
#define FFIPY_BASE_OS_FATAL_SIGNALS_H

#if defined(_WIN32)
#include "base/os/windows/fatal_exceptions.h"
#else

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    int number;
    const char *name;
    struct sigaction previous;
    volatile sig_atomic_t told;
} fatal_signal;

static fatal_signal fatal_signals[] = {
    {.number = SIGSEGV, .name = "SIGSEGV"},
    {.number = SIGBUS, .name = "SIGBUS"},
    {.number = SIGILL, .name = "SIGILL"},
    {.number = SIGFPE, .name = "SIGFPE"},
    {.number = SIGABRT, .name = "SIGABRT"},
};

/* Called with the signal's name, and the address that it is about or NULL; must be async-signal-safe. */
static void (*tell_fatal_signal)(const char *name, const void *address);

/* For such functions: to the standard error, whatever comes of it. */
static void write_text(const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t written = write(STDERR_FILENO, text, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        text += written;
        left -= (size_t)written;
    }
}

static void handle_fatal_signal(int number, siginfo_t *info, void *context)
{
    const int is_about_memory = (number == SIGSEGV || number == SIGBUS) && info->si_code > 0;
    const int saved = errno;
    size_t i;

    (void)context;
    for (i = 0; i < sizeof fatal_signals / sizeof *fatal_signals; ++i) {
        fatal_signal *fatal = &fatal_signals[i];
        if (fatal->number != number)
            continue;
        if (fatal->told) {              /* whom it was passed on to has passed it back */
            signal(number, SIG_DFL);
            break;
        }
        fatal->told = 1;
        sigaction(number, &fatal->previous, NULL);
        tell_fatal_signal(fatal->name, is_about_memory ? info->si_addr : NULL);
    }
    errno = saved;
    raise(number);
}

static int is_ours(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == handle_fatal_signal;
}

/* From now on `tell` comes before who handles them now.  0, or -1 with errno. */
static int catch_fatal_signals(void (*tell)(const char *name, const void *address))
{
    struct sigaction ours;
    size_t i;

    memset(&ours, 0, sizeof ours);
    sigemptyset(&ours.sa_mask);
    ours.sa_sigaction = handle_fatal_signal;
    ours.sa_flags = SA_NODEFER | SA_ONSTACK | SA_SIGINFO;
    tell_fatal_signal = tell;
    for (i = 0; i < sizeof fatal_signals / sizeof *fatal_signals; ++i) {
        struct sigaction previous;
        if (sigaction(fatal_signals[i].number, &ours, &previous) < 0)
            return -1;
        if (!is_ours(&previous))
            fatal_signals[i].previous = previous;
    }
    return 0;
}

/* Who came after us keeps his, and may pass them on to us. */
static void release_fatal_signals(void)
{
    size_t i;
    for (i = 0; i < sizeof fatal_signals / sizeof *fatal_signals; ++i) {
        struct sigaction now;
        if (sigaction(fatal_signals[i].number, NULL, &now) == 0 && is_ours(&now))
            sigaction(fatal_signals[i].number, &fatal_signals[i].previous, NULL);
    }
}

#endif

#endif
