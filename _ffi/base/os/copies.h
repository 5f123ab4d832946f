/* Another copy of the shared object that this code is in: with variables of its own, as if it were another one. */
#ifndef FFIPY_BASE_OS_COPIES_H
#define FFIPY_BASE_OS_COPIES_H

#include <Python.h> /* before the system's: it asks for all that they have */

#include "base/compiler.h"

#if defined(__linux__)
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/os/images.h"

#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1U
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 16U
#endif

/* This shared object, as the loader knows it. */
typedef struct {
    char path[PATH_MAX];
    uintptr_t base;
    ElfW(Phdr) segments[24];
    int nsegments;
    size_t loaded;                  /* bytes of the file, up to the end of the last segment */
} own_image;

/* For dl_iterate_phdr: 1 ends the search. */
static int note_own_image(struct dl_phdr_info *info, size_t size, void *data)
{
    own_image *own = data;
    int i;

    (void)size;
    if (!is_in_image(info, (uintptr_t)note_own_image))
        return 0;
    snprintf(own->path, sizeof own->path, "%s", info->dlpi_name);
    own->base = info->dlpi_addr;
    for (i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || own->nsegments == (int)(sizeof own->segments / sizeof *own->segments))
            continue;
        own->segments[own->nsegments++] = *segment;
        if (segment->p_offset + segment->p_filesz > own->loaded)
            own->loaded = segment->p_offset + segment->p_filesz;
    }
    return 1;
}

static inline int is_in_own_image(const void *address)
{
    own_image own = {.nsegments = 0};
    int i;
    dl_iterate_phdr(note_own_image, &own);
    for (i = 0; i < own.nsegments; ++i)
        if ((uintptr_t)address - (own.base + own.segments[i].p_vaddr) < own.segments[i].p_memsz)
            return 1;
    return 0;
}

/* AddressSanitizer has memcmp() look at each variable's borders; here they are compared like everything else. */
__attribute__((no_sanitize("address"))) static int is_same(const char *a, const char *b, size_t size)
{
    while (size > 0 && *a == *b)
        ++a, ++b, --size;
    return size == 0;
}

/* Are these bytes of a file what is loaded?  An upgrade may have replaced it under a running process. */
static int is_own_file(const own_image *own, const char *bytes)
{
    int i;
    for (i = 0; i < own->nsegments; ++i) {
        const ElfW(Phdr) *segment = &own->segments[i];
        if (!(segment->p_flags & PF_W) && (segment->p_flags & PF_R)
            && !is_same(bytes + segment->p_offset, (const char *)own->base + segment->p_vaddr, segment->p_filesz))
            return 0;
    }
    return 1;
}

static int write_all(int descriptor, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(descriptor, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        bytes += written;
        size -= (size_t)written;
    }
    return 0;
}

enum { PLACES_FOR_COPIES = 5 };

/* A file that nobody else can open, since it has no name: in memory, or in a folder for temporary files.
   -1 with errno. */
static int nameless_file(int place)
{
    const char *folders[] = {getauxval(AT_SECURE) ? NULL : getenv("TMPDIR"), "/tmp", "/var/tmp", "/dev/shm"};
    char path[PATH_MAX];
    int descriptor;

    if (place == 0) {
        descriptor = memfd_create("libffi", MFD_CLOEXEC | MFD_EXEC);
        return descriptor < 0 && errno == EINVAL ? memfd_create("libffi", MFD_CLOEXEC) : descriptor;
    }
    if (folders[place - 1] == NULL || folders[place - 1][0] != '/') {
        errno = ENOENT;
        return -1;
    }
    snprintf(path, sizeof path, "%s/libffi-XXXXXX", folders[place - 1]);
    descriptor = mkostemp(path, O_CLOEXEC);
    if (descriptor >= 0)
        unlink(path);
    return descriptor;
}

/* The loader knows a file by its name too, and a descriptor's number is soon another file's: so each is spelled in
   its own way. */
static void *open_descriptor(int descriptor)
{
    static unsigned serial;         /* under the caller's lock */
    char path[128] = "/proc/self/fd/", *end = path + strlen(path);
    unsigned digits;

    for (digits = ++serial; digits != 0; digits >>= 1)
        end = stpcpy(end, digits & 1 ? "./" : "/");
    snprintf(end, 16, "%d", descriptor);
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

/* Copies find the first image's names before their own: see THREAD_LOCAL.  Once; what is visible is in hidden.map. */
static void share_names(const char *path)
{
#if defined(__GLIBC__)
    static void *shared;            /* under the caller's lock */
    if (shared == NULL)
        shared = dlopen(path, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL);
#else
    (void)path;
#endif
}

/* Load one more copy; NULL with the reason in `why`.  No GIL needed; a lock of the caller's. */
COLD static void *open_copy(char *why, size_t room)
{
    own_image own = {.nsegments = 0};
    char *bytes = MAP_FAILED;
    void *handle = NULL;
    int file, place;

    dl_iterate_phdr(note_own_image, &own);
    file = open(own.path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || lseek(file, 0, SEEK_END) < (off_t)own.loaded
        || (bytes = mmap(NULL, own.loaded, PROT_READ, MAP_PRIVATE, file, 0)) == MAP_FAILED)
        snprintf(why, room, "%.200s cannot be read", own.path);
    else if (!is_own_file(&own, bytes))
        snprintf(why, room, "%.200s is no longer the file that this process has loaded", own.path);
    else {
        share_names(own.path);
        for (place = 0; handle == NULL && place < PLACES_FOR_COPIES; ++place) {
            int copy = nameless_file(place);
            if (copy < 0)
                continue;
            if (write_all(copy, bytes, own.loaded) == 0)
                handle = open_descriptor(copy);
            if (handle == NULL)
                snprintf(why, room, "%.400s", dlerror());
            close(copy);
        }
    }
    if (bytes != MAP_FAILED)
        munmap(bytes, own.loaded);
    if (file >= 0)
        close(file);
    return handle;
}

static void *copied_symbol(void *copy, const char *name)
{
    return dlsym(copy, name);
}

/* Nothing may run in it, or come back to it. */
static void close_copy(void *copy)
{
    dlclose(copy);
}

#else

static inline int is_in_own_image(const void *address)
{
    (void)address;
    return 0;
}

static void *open_copy(char *why, size_t room)
{
    PyOS_snprintf(why, room, "on this system one interpreter of a process can import libffi");
    return NULL;
}

static void *copied_symbol(void *copy, const char *name)
{
    (void)copy, (void)name;
    return NULL;
}

static void close_copy(void *copy)
{
    (void)copy;
}
#endif

/* Set where C may have the address of code of ours in places that we do not know: then this copy stays. */
static int has_to_stay;

#endif
