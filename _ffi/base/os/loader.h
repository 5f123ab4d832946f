/* What the system's loader knows beyond dlopen and dlsym. */
#ifndef FFIPY_BASE_OS_LOADER_H
#define FFIPY_BASE_OS_LOADER_H

#include <Python.h> /* before the system's: it asks for all that they have */

#include <dlfcn.h>
#if defined(__linux__)
#include <sys/auxv.h>
#else
#include <unistd.h>
#endif

#if defined(__GLIBC__) || defined(__FreeBSD__)
#define SYMBOL_VERSIONS 1
#else
#define SYMBOL_VERSIONS 0
#endif

/* As dlsym; borrowed; of any version where that is NULL. */
static inline void *versioned_symbol(void *handle, const char *name, const char *version)
{
#if SYMBOL_VERSIONS
    if (version != NULL)
        return dlvsym(handle, name, version);
#else
    (void)version;
#endif
    return dlsym(handle, name);
}

/* In the image of a loaded file?  A thread-local variable is not: each thread has its own. */
static inline int is_in_an_image(const void *address)
{
    Dl_info info;
    return dladdr(address, &info) != 0;
}

/* Set-uid and the like, whose environment is not to be trusted? */
static inline int has_more_rights_than_its_user(void)
{
#if defined(__linux__)
    return getauxval(AT_SECURE) != 0;
#else
    return issetugid();
#endif
}

#endif
