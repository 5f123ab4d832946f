/* Whose code is at an address? */
#ifndef FFIPY_BASE_OS_IMAGES_H
#define FFIPY_BASE_OS_IMAGES_H

#include <Python.h>
#include <string.h>

#if defined(_WIN32)
#include "base/os/windows/images.h"

#elif defined(__linux__) || defined(__FreeBSD__)
#include <link.h>

typedef struct {
    uintptr_t address;
    int uses_python;
} image_query;

static int is_in_image(const struct dl_phdr_info *info, uintptr_t address)
{
    int i;
    for (i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD && address - (info->dlpi_addr + segment->p_vaddr) < segment->p_memsz)
            return 1;
    }
    return 0;
}

/* Does one of the symbols that an image imports or defines belong to Python? */
static int names_python(const ElfW(Dyn) * entry, uintptr_t base)
{
    const char *names = NULL;
    size_t size = 0;

    for (; entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag == DT_STRTAB)          /* glibc has made an address of it, musl has not */
            names = (const char *)(entry->d_un.d_ptr < base ? base + entry->d_un.d_ptr : entry->d_un.d_ptr);
        else if (entry->d_tag == DT_STRSZ)
            size = entry->d_un.d_val;
    }
    return names != NULL && memmem(names, size, "\0PyErr_", 7) != NULL;
}

/* For dl_iterate_phdr: 1 ends the search. */
static int look_at_image(struct dl_phdr_info *info, size_t size, void *data)
{
    image_query *query = data;
    int i;

    (void)size;
    if (!is_in_image(info, query->address))
        return 0;
    query->uses_python = 0;
    for (i = 0; i < info->dlpi_phnum; ++i)
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
            query->uses_python = names_python(
                (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr), info->dlpi_addr);
    return 1;
}

/* May the code at `address` set a Python exception?  Not where its library has none of the functions
   that do; closures and other code of no library may. */
static int uses_python(const void *address)
{
    image_query query = {(uintptr_t)address, 1};
    dl_iterate_phdr(look_at_image, &query);
    return query.uses_python;
}
#else
static int uses_python(const void *address)
{
    (void)address;
    return 1;
}
#endif

#endif
