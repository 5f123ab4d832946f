/* What the compiler is told beyond the language. */
#ifndef FFIPY_BASE_COMPILER_H
#define FFIPY_BASE_COMPILER_H

#include <Python.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define COLD __attribute__((noinline, cold))
#define NOINLINE __attribute__((noinline))      /* or it would take registers from its caller */

/* Without the stack protector, which would be 3 % of the shortest call: for the functions that every call goes
   through.  What they write to their frame was laid out, and its size compared, when the CIF was made. */
#if defined(__has_attribute)
#if __has_attribute(no_stack_protector)
#define CALL_PATH __attribute__((no_stack_protector))
#endif
#endif
#ifndef CALL_PATH
#define CALL_PATH
#endif

/* The faster way to a thread's own variables: a few words fit the room that the C
   library leaves for it. */
#if defined(__GLIBC__)
#define THREAD_LOCAL static __thread __attribute__((tls_model("initial-exec")))
#else
#define THREAD_LOCAL static __thread
#endif

#endif
