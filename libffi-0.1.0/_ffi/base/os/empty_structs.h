/* Structs without size by value, a thing of GNU C: what each platform's gcc makes of them. */
#ifndef FFIPY_BASE_OS_EMPTY_STRUCTS_H
#define FFIPY_BASE_OS_EMPTY_STRUCTS_H

typedef enum {
    EMPTY_IS_UNKNOWN,               /* nobody has looked */
    EMPTY_IS_NOTHING,
    EMPTY_IS_BY_ADDRESS             /* as any struct of that size is which no register is for */
} empty_rule;

/* As arguments, and as results. */
#if defined(__aarch64__) || defined(__arm__) || defined(__riscv) || defined(__loongarch__) \
    || (defined(__powerpc64__) && _CALL_ELF == 2) || (defined(__mips__) && _MIPS_SIM != _ABIO32) \
    || (defined(__x86_64__) && !defined(_WIN32))
#define EMPTY_ARGUMENT EMPTY_IS_NOTHING
#define EMPTY_RESULT EMPTY_IS_NOTHING
#elif defined(__i386__) || defined(__powerpc64__) || defined(__mips__) || defined(__alpha__)
#define EMPTY_ARGUMENT EMPTY_IS_NOTHING
#define EMPTY_RESULT EMPTY_IS_BY_ADDRESS
#elif defined(__s390__) || defined(__powerpc__)
#define EMPTY_ARGUMENT EMPTY_IS_BY_ADDRESS
#define EMPTY_RESULT EMPTY_IS_BY_ADDRESS
#elif defined(__sparc__) && defined(__arch64__)
#define EMPTY_ARGUMENT EMPTY_IS_BY_ADDRESS
#define EMPTY_RESULT EMPTY_IS_NOTHING
#else
#define EMPTY_ARGUMENT EMPTY_IS_UNKNOWN
#define EMPTY_RESULT EMPTY_IS_UNKNOWN
#endif

/* Does one float with an empty struct beside it go in a general register, as if it were two members? */
#if defined(__s390__) || defined(__mips64)
#define EMPTY_MEMBERS_COUNT 1
#else
#define EMPTY_MEMBERS_COUNT 0
#endif

#endif
