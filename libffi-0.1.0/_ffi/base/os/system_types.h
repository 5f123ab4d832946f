/* The arithmetic types of C's and POSIX's headers that are each system's choice: what they are here. */
#ifndef FFIPY_BASE_OS_SYSTEM_TYPES_H
#define FFIPY_BASE_OS_SYSTEM_TYPES_H

#include <Python.h>
#if defined(_WIN32)
#include "base/os/windows/system_types.h"
#else
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <termios.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>
#endif

// clang-format off
/* The name in libffi.c of what T is a typedef of. */
#define SCALAR_NAME(T)                                                                           \
    _Generic((T)0,                                                                               \
        char: "char", signed char: "schar", unsigned char: "uchar", short: "short", unsigned short: "ushort",  \
        int: "int", unsigned: "uint", long: "long", unsigned long: "ulong",                      \
        long long: "longlong", unsigned long long: "ulonglong", float: "float", double: "double")
// clang-format on

/* Python.h asks for 64 bits (_FILE_OFFSET_BITS), where the functions of these names may have 32:
   glibc calls theirs __off_t and so on, whatever was asked for. */
#ifdef __GLIBC__
#define OF_SYMBOLS(T) __##T
#else
#define OF_SYMBOLS(T) T
#endif

typedef struct {
    const char *name, *scalar;
} system_type;

// clang-format off
static const system_type system_types[] = {
#define TYPE(T) {#T, SCALAR_NAME(T)},
#define CHOSEN(T) {#T, SCALAR_NAME(OF_SYMBOLS(T))},
    TYPE(int_fast8_t) TYPE(int_fast16_t) TYPE(int_fast32_t) TYPE(int_fast64_t)
    TYPE(uint_fast8_t) TYPE(uint_fast16_t) TYPE(uint_fast32_t) TYPE(uint_fast64_t)
    TYPE(sig_atomic_t) TYPE(wint_t) TYPE(wctype_t) TYPE(clock_t) CHOSEN(time_t)

#if defined(_WIN32)
#define AS(T, scalar) {#T, scalar},
    WINDOWS_TYPES(TYPE, AS)
#undef AS
#else
    CHOSEN(off_t) CHOSEN(ino_t) CHOSEN(blkcnt_t) CHOSEN(fsblkcnt_t) CHOSEN(fsfilcnt_t) CHOSEN(rlim_t)
    CHOSEN(suseconds_t) TYPE(useconds_t) TYPE(clockid_t)
    TYPE(dev_t) TYPE(mode_t) TYPE(nlink_t) TYPE(blksize_t)
    TYPE(pid_t) TYPE(uid_t) TYPE(gid_t) TYPE(id_t) TYPE(key_t)
    TYPE(socklen_t) TYPE(sa_family_t) TYPE(in_addr_t) TYPE(in_port_t) TYPE(nfds_t)
    TYPE(cc_t) TYPE(speed_t) TYPE(tcflag_t)
#endif
#undef CHOSEN
#undef TYPE
#ifdef __linux__
    {"off64_t", SCALAR_NAME(int64_t)},
    {"loff_t", SCALAR_NAME(int64_t)},
#endif
    {NULL, NULL}
};
// clang-format on

#endif
