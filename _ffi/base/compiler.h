/* What the compiler is told beyond the language. */
#ifndef FFIPY_BASE_COMPILER_H
#define FFIPY_BASE_COMPILER_H

#include <Python.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define COLD __attribute__((noinline, cold))
#define NOINLINE __attribute__((noinline))      /* or it would take registers from its caller */

#define FETCH_AHEAD(address) __builtin_prefetch(address)

#if defined(__clang__)
#define UNROLL_4 _Pragma("clang loop unroll_count(4)")
#else
#define UNROLL_4 _Pragma("GCC unroll 4")
#endif

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

/* A variable that each thread has.  With glibc there is a faster way to those whose room was set aside when the thread
   began, which is for a few of a process's libraries.  So there the copies of this image (base/os/copies.h) share those
   of the first: the loader binds them by a name, which is this very build's. */
#if defined(__GLIBC__)
#ifndef FFIPY_BUILD
#define FFIPY_BUILD "x"
#endif
#define SHARED_BY_COPIES __attribute__((visibility("default"), tls_model("initial-exec")))
#define THREAD_LOCAL(type, name) SHARED_BY_COPIES __thread type name __asm__("libffi_thread_" #name "_" FFIPY_BUILD)
#else
#define THREAD_LOCAL(type, name) static __thread type name
#endif

#endif
