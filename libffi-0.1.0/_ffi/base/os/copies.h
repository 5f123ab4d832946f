/* Another copy of a shared object: with variables of its own, as if it were another one. */
#ifndef FFIPY_BASE_OS_COPIES_H
#define FFIPY_BASE_OS_COPIES_H

#include <Python.h> /* before the system's: it asks for all that they have */

#include "base/compiler.h"

typedef struct {
    uintptr_t begin, end;
} address_range;

static inline int is_in_range(address_range range, const void *address)
{
    return (uintptr_t)address >= range.begin && (uintptr_t)address < range.end;
}

#if defined(__linux__)
#define HAVE_COPIES 1
#else
#define HAVE_COPIES 0
#endif

#if HAVE_COPIES
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

/* The shared object that some code is in, as the loader knows it. */
typedef struct {
    uintptr_t code;
    char path[PATH_MAX];
    uintptr_t base;
    ElfW(Phdr) segments[24];
    int nsegments;
    size_t loaded;                  /* bytes of the file, up to the end of the last segment */
} loaded_object;

/* For dl_iterate_phdr: 1 ends the search. */
static int note_object(struct dl_phdr_info *info, size_t size, void *data)
{
    loaded_object *object = data;
    int i;

    (void)size;
    if (!is_in_image(info, object->code))
        return 0;
    snprintf(object->path, sizeof object->path, "%s", info->dlpi_name);
    object->base = info->dlpi_addr;
    for (i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD
            || object->nsegments == (int)(sizeof object->segments / sizeof *object->segments))
            continue;
        object->segments[object->nsegments++] = *segment;
        if (segment->p_offset + segment->p_filesz > object->loaded)
            object->loaded = segment->p_offset + segment->p_filesz;
    }
    return 1;
}

/* The shared object at an address, which is code or a variable of it. */
static loaded_object loaded_object_at(const void *address)
{
    loaded_object object = {.code = (uintptr_t)address};
    dl_iterate_phdr(note_object, &object);
    return object;
}

/* Where that object is: `end` is the first address after it. */
static address_range range_of(const void *address)
{
    const loaded_object object = loaded_object_at(address);
    address_range range = {object.base, object.base};
    int i;
    for (i = 0; i < object.nsegments; ++i) {
        uintptr_t end = object.base + object.segments[i].p_vaddr + object.segments[i].p_memsz;
        if (end > range.end)
            range.end = end;
    }
    return range;
}

/* AddressSanitizer has memcmp() look at each variable's borders; here they are compared like everything else. */
__attribute__((no_sanitize("address"))) static int is_same(const char *a, const char *b, size_t size)
{
    while (size > 0 && *a == *b)
        ++a, ++b, --size;
    return size == 0;
}

/* Are these bytes of a file what is loaded?  An upgrade may have replaced it under a running process. */
static int is_its_file(const loaded_object *object, const char *bytes)
{
    int i;
    for (i = 0; i < object->nsegments; ++i) {
        const ElfW(Phdr) *segment = &object->segments[i];
        if (!(segment->p_flags & PF_W) && (segment->p_flags & PF_R)
            && !is_same(bytes + segment->p_offset, (const char *)object->base + segment->p_vaddr, segment->p_filesz))
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

/* Copies of the object of `code` find its names before their own: see THREAD_LOCAL.  What is visible is in
   hidden.map.  A lock of the caller's. */
static void share_names(const void *code)
{
#if defined(__GLIBC__)
    static const void *shared;
    if (shared != code && dlopen(loaded_object_at(code).path, RTLD_NOW | RTLD_NOLOAD | RTLD_GLOBAL) != NULL)
        shared = code;
#else
    (void)code;
#endif
}

/* Load one more copy of the object that `code` is in; NULL with the reason in `why`.  No GIL needed; a lock of the
   caller's. */
COLD static void *open_copy(const void *code, char *why, size_t room)
{
    const loaded_object object = loaded_object_at(code);
    char *bytes = MAP_FAILED;
    void *handle = NULL;
    int file, place;

    file = open(object.path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || lseek(file, 0, SEEK_END) < (off_t)object.loaded
        || (bytes = mmap(NULL, object.loaded, PROT_READ, MAP_PRIVATE, file, 0)) == MAP_FAILED)
        snprintf(why, room, "%.200s cannot be read", object.path);
    else if (!is_its_file(&object, bytes))
        snprintf(why, room, "%.200s is no longer the file that this process has loaded", object.path);
    else {
        for (place = 0; handle == NULL && place < PLACES_FOR_COPIES; ++place) {
            int copy = nameless_file(place);
            if (copy < 0)
                continue;
            if (write_all(copy, bytes, object.loaded) == 0)
                handle = open_descriptor(copy);
            if (handle == NULL)
                snprintf(why, room, "%.400s", dlerror());
            close(copy);
        }
    }
    if (bytes != MAP_FAILED)
        munmap(bytes, object.loaded);
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

/* Unknown. */
static address_range range_of(const void *address)
{
    const address_range range = {0, 0};
    (void)address;
    return range;
}

static void share_names(const void *code)
{
    (void)code;
}

static void *open_copy(const void *code, char *why, size_t room)
{
    (void)code;
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
