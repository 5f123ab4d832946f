/* The file that libffi maps its static trampolines from, where it does not look after that itself. */
#ifndef FFIPY_LIBFFI_TRAMPOLINE_FILE_H
#define FFIPY_LIBFFI_TRAMPOLINE_FILE_H

#include <Python.h>
#include <ffi.h>
#include <errno.h>
#if defined(__linux__)
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include "libffi_config.h"
#include "base/compiler.h"

/* The error where the file is not the one it was; systems without a word for it do not map trampolines from files. */
#ifdef ESTALE
#define ANOTHER_FILE ESTALE
#else
#define ANOTHER_FILE (-1)
#endif

#if defined(__linux__) && !defined(FFIPY_PATCHED_trampoline_file)
/* A libffi without our patch (tests/c/faults: trampoline_file) keeps a descriptor of its own file, and for each page of
   closures maps what is open under that number by then.  Where it can open nothing at the first closure, it makes
   memory that is writable and executable, for good.  So look first.  A libffi without static trampolines has no such
   descriptor, and none is found. */
static struct {
    int looked;
    int descriptor;             /* -1: none */
    const char *path;
    dev_t device;
    ino_t inode;
} libffi_file;

static int is_libffi_file(int descriptor)
{
    struct stat found;
    return fstat(descriptor, &found) == 0 && found.st_dev == libffi_file.device
           && found.st_ino == libffi_file.inode;
}

/* Find which descriptor libffi keeps, after its first closure. */
COLD static void find_descriptor(void)
{
    Dl_info info;
    struct stat found;
    struct dirent *entry;
    DIR *folder;

    libffi_file.looked = 1;
    libffi_file.descriptor = -1;
    if (!dladdr((void *)ffi_closure_alloc, &info) || stat(info.dli_fname, &found) != 0)
        return;
    libffi_file.path = info.dli_fname;
    libffi_file.device = found.st_dev;
    libffi_file.inode = found.st_ino;
    folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return;
    while (libffi_file.descriptor < 0 && (entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.' && is_libffi_file(atoi(entry->d_name)))
            libffi_file.descriptor = atoi(entry->d_name);
    closedir(folder);
}

/* Give libffi its descriptor back, if the number is free. */
COLD static int open_again(void)
{
    int opened, moved;

    if (fcntl(libffi_file.descriptor, F_GETFD) != -1) {
        errno = ANOTHER_FILE;
        return -1;
    }
    opened = open(libffi_file.path, O_RDONLY | O_CLOEXEC);
    if (opened < 0)
        return -1;
    if (opened == libffi_file.descriptor && is_libffi_file(opened))
        return 0;
    moved = is_libffi_file(opened) ? fcntl(opened, F_DUPFD_CLOEXEC, libffi_file.descriptor) : -1;
    close(opened);
    if (moved == libffi_file.descriptor)
        return 0;
    if (moved >= 0)
        close(moved);
    errno = ANOTHER_FILE;
    return -1;
}

/* -1 with errno if libffi had better not be asked for a closure now. */
static int may_allocate(void)
{
    int descriptor;

    if (libffi_file.looked)
        return libffi_file.descriptor < 0 || is_libffi_file(libffi_file.descriptor) ? 0 : open_again();
    descriptor = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return errno == EMFILE || errno == ENFILE ? -1 : 0;
    close(descriptor);
    return 0;
}

static void allocated(void)
{
    if (!libffi_file.looked)
        find_descriptor();
}
#else
#define may_allocate() 0
#define allocated() ((void)0)
#endif

#endif
