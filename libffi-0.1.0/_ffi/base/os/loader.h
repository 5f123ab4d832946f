/* The system's loader: files in, addresses of symbols out.  None of it needs the GIL: files that come and go
   run code of theirs, and a look-up waits for that. */
#ifndef FFIPY_BASE_OS_LOADER_H
#define FFIPY_BASE_OS_LOADER_H

#if defined(_WIN32)
#include "base/os/windows/loader.h"
#else

#include <Python.h> /* before the system's: it asks for all that they have */

#include <dlfcn.h>
#include <stdlib.h>
#if defined(__linux__)
#include <sys/auxv.h>
#else
#include <unistd.h>
#endif
#if defined(__APPLE__)
#include <mach-o/dyld.h>
#endif

#if defined(__GLIBC__) || defined(__FreeBSD__)
#define SYMBOL_VERSIONS 1
#else
#define SYMBOL_VERSIONS 0
#endif

#define LOADER_LOCAL RTLD_LOCAL

/* dlopen's flags: it wants to know when to resolve symbols. */
static inline int loader_flags(int mode)
{
    return mode & (RTLD_LAZY | RTLD_NOW) ? mode : mode | RTLD_NOW;
}

/* A handle, to be closed; `file` is NULL for the process itself.  NULL: loader_error() says why. */
static inline void *loader_open(const char *file, int flags)
{
    return dlopen(file, flags);
}

static inline void loader_close(void *handle)
{
    dlclose(handle);
}

/* What went wrong last in this thread; NULL: nothing, or there are no words for it.  Borrowed until then. */
static inline const char *loader_error(void)
{
    return dlerror();
}

/* As dlsym; NULL for the version: of any. */
static inline void *symbol_of_version(void *handle, const char *name, const char *version)
{
#if SYMBOL_VERSIONS
    if (version != NULL)
        return dlvsym(handle, name, version);
#else
    (void)version;
#endif
    return dlsym(handle, name);
}

/* The address of a symbol; of any version where that is NULL.  NULL: there is none, and *error says why. */
static inline void *loader_symbol(void *handle, const char *name, const char *version, const char **error)
{
    void *address;
    dlerror();                      /* of something else */
    address = symbol_of_version(handle, name, version);
    *error = dlerror();
    return address;
}

/* In the image of a loaded file?  A thread-local variable is not: each thread has its own. */
static inline int is_in_an_image(const void *address)
{
    Dl_info info;
    return dladdr(address, &info) != 0;
}

/* The addresses that others know C's own functions by. */
#define address_of_free() ((const void *)free)
#define address_of_realloc() ((const void *)realloc)

/* Does the loader have a file of this path that need not be on the disk, as all of macOS's own? */
static inline int loader_has_without_file(const char *path)
{
#if defined(__APPLE__)
    return _dyld_shared_cache_contains_path(path);
#else
    (void)path;
    return 0;
#endif
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

#endif
