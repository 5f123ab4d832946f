/* What the compiler is told beyond the language. */
#ifndef FFIPY_BASE_COMPILER_H
#define FFIPY_BASE_COMPILER_H

#include <Python.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define COLD __attribute__((noinline, cold))

/* The faster way to a thread's own variables: a few words fit the room that the C
   library leaves for it. */
#if defined(__GLIBC__)
#define THREAD_LOCAL static __thread __attribute__((tls_model("initial-exec")))
#else
#define THREAD_LOCAL static __thread
#endif

#endif
