/* What the platform's C compilers decide: signs of characters, where members lie, how structs and unions travel. */
#ifndef FFIPY_BASE_OS_C_ABI_H
#define FFIPY_BASE_OS_C_ABI_H

#include <Python.h>
#include <limits.h>
#include <stddef.h>
#include <wchar.h>

#if CHAR_MIN < 0
#define CHAR_IS_SIGNED 1
#else
#define CHAR_IS_SIGNED 0
#endif

#if WCHAR_MIN < 0
#define WCHAR_IS_SIGNED 1
#else
#define WCHAR_IS_SIGNED 0
#endif

#if defined(__APPLE__)
#define ALIGN_ANONYMOUS_BITS 1
#elif defined(__arm__) || defined(__aarch64__)
#define ALIGN_ANONYMOUS_BITS 1
#else
#define ALIGN_ANONYMOUS_BITS 0
#endif

/* Vectors are aligned to their size, up to this. 32-bit Arm has 8, AArch64 16, most have no limit. */
#if defined(__GNUC__)
struct vector_in_struct {
    char before;
    char vector __attribute__((vector_size(1024)));
};
#define MOST_VECTOR_ALIGNMENT offsetof(struct vector_in_struct, vector)
#else
#define MOST_VECTOR_ALIGNMENT 16
#endif

/* Does how a struct travels depend on its size alone, so that bit-fields and packed members do not matter? */
#if defined(_WIN64) && defined(__x86_64__)
#define AGGREGATES_GO_BY_SIZE 1
#else
#define AGGREGATES_GO_BY_SIZE 0
#endif

/* Are structs laid out as Microsoft's compiler does, where nothing else is said? */
#if defined(_WIN32)
#define MS_LAYOUT 1
#else
#define MS_LAYOUT 0
#endif

#if AGGREGATES_GO_BY_SIZE
#define UNION_RULE 'm'              /* in a general register, or in memory */
#elif defined(__x86_64__)
#define UNION_RULE 'x'              /* eightbytes are classified one by one */
#elif defined(__aarch64__)
#define UNION_RULE 'h'              /* homogeneous floats, else by size */
#elif defined(__i386__) || defined(__mips64)
#define UNION_RULE 'm'              /* like integers: in memory, or in general registers */
#else
#define UNION_RULE 'i'              /* known for integers only */
#endif

/* A va_list as a parameter. */
#if defined(__aarch64__) && !defined(__APPLE__) && !defined(_WIN32)
#define VA_LIST_IS 'a'              /* AArch64's struct, by value */
#elif defined(__alpha__)
#define VA_LIST_IS 'l'              /* Alpha's */
#else
#define VA_LIST_IS 'p'              /* an address, or an array's, or a struct around one, which is the same */
#endif

/* A struct around one float goes in a floating-point register, around an array of one it
   does not; on mips64 around no array.  libffi has no arrays, so it must not see the floats.
   The number is that of the items up to which an array hides them. */
#if defined(__s390__)
#define ARRAYS_HIDE_FLOATS 1
#elif defined(__mips64)
#define ARRAYS_HIDE_FLOATS PY_SSIZE_T_MAX
#else
#define ARRAYS_HIDE_FLOATS 0
#endif

#endif
