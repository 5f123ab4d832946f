/* Windows' loader: DLLs in, addresses of what they export out. */
#ifndef FFIPY_BASE_OS_WINDOWS_LOADER_H
#define FFIPY_BASE_OS_WINDOWS_LOADER_H

#include <Python.h>
#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/os/windows/api.h"

#include "base/compiler.h"

#define SYMBOL_VERSIONS 0
#define LOADER_LOCAL 0              /* LoadLibraryExW has no flags for the sort of names */

THREAD_LOCAL(DWORD, loader_failure);  /* what went wrong last, or 0 */

/* LoadLibraryExW's flags; without one neither the current folder nor PATH is searched, only what is safe. */
static inline int loader_flags(int mode)
{
    return mode ? mode : LOAD_LIBRARY_SEARCH_DEFAULT_DIRS;
}

/* The absolute form of a path, which free() frees; NULL: `file` is a bare name, or cannot be converted.  UTF-8. */
static wchar_t *full_path(const wchar_t *file)
{
    DWORD size;
    wchar_t *path;

    if (wcspbrk(file, L"/\\:") == NULL)
        return NULL;
    size = GetFullPathNameW(file, 0, NULL, NULL);
    path = size ? malloc(size * sizeof *path) : NULL;
    if (path != NULL)
        GetFullPathNameW(file, size, path, NULL);
    return path;
}

/* What a path's library needs is looked for beside it, too: that takes an absolute path. */
static HMODULE load_file(const wchar_t *file, int flags)
{
    wchar_t *path = full_path(file);
    HMODULE module;

    if (path != NULL && flags & LOAD_LIBRARY_SEARCH_DEFAULT_DIRS)
        flags |= LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR;
    module = LoadLibraryExW(path != NULL ? path : file, NULL, (DWORD)flags);
    loader_failure = module == NULL ? GetLastError() : 0;
    free(path);
    return module;
}

/* A handle, to be closed; `file` is NULL for the process itself.  NULL: loader_error() says why. */
static inline void *loader_open(const char *file, int flags)
{
    HMODULE module = NULL;
    wchar_t *name;
    DWORD mode;
    int size;

    if (file == NULL) {
        GetModuleHandleExW(0, NULL, &module);
        return module;
    }
    size = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, file, -1, NULL, 0);
    name = size ? malloc((size_t)size * sizeof *name) : NULL;
    if (name == NULL) {
        loader_failure = size ? ERROR_OUTOFMEMORY : ERROR_INVALID_NAME;
        return NULL;
    }
    MultiByteToWideChar(CP_UTF8, 0, file, -1, name, size);
    SetThreadErrorMode(SEM_FAILCRITICALERRORS, &mode);      /* no window that waits for somebody */
    module = load_file(name, flags);
    SetThreadErrorMode(mode, NULL);
    free(name);
    return module;
}

static inline void loader_close(void *handle)
{
    FreeLibrary(handle);
}

/* What went wrong last in this thread, as Windows words it; NULL: nothing, or there are no words for it.
   Borrowed until then. */
static inline const char *loader_error(void)
{
    static __thread char text[1024];
    wchar_t words[256];
    DWORD failure = loader_failure, n;
    int size;

    loader_failure = 0;
    if (failure == 0)
        return NULL;
    n = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS, NULL, failure, 0, words, 256, NULL);
    while (n > 0 && (words[n - 1] <= L' ' || words[n - 1] == L'.'))
        --n;
    size = n ? WideCharToMultiByte(CP_UTF8, 0, words, (int)n, text, sizeof text - 32, NULL, NULL) : 0;
    snprintf(text + size, sizeof text - (size_t)size, "%s[WinError %lu]", size ? " " : "", failure);
    return text;
}

/* As GetProcAddress; "#12" is the twelfth by number. */
static void *exported(HMODULE module, const char *name)
{
    char *end;
    unsigned long ordinal;

    if (*name == '#') {
        ordinal = strtoul(name + 1, &end, 10);
        if (end == name + 1 || *end != '\0' || ordinal > 0xFFFF)
            return NULL;
        return (void *)GetProcAddress(module, (LPCSTR)(uintptr_t)ordinal);
    }
    return (void *)GetProcAddress(module, name);
}

/* In all that is loaded: the program first, then the C library, which has what system DLLs export under the same
   names, then the rest in the order of their loading. */
static void *exported_by_any(HMODULE program, const char *name)
{
    HMODULE *modules = NULL, libc = GetModuleHandleW(L"ucrtbase.dll");
    void *address = exported(program, name);
    DWORD size = 0, needed = 0, i;

    if (address == NULL && libc != NULL)
        address = exported(libc, name);
    while (address == NULL && K32EnumProcessModules(GetCurrentProcess(), modules, size, &needed) && needed > size) {
        size = needed;
        free(modules);
        modules = malloc(size);
        if (modules == NULL)
            return NULL;
    }
    for (i = 0; address == NULL && i < needed / sizeof *modules; ++i)
        address = exported(modules[i], name);
    free(modules);
    return address;
}

/* The address of a symbol.  NULL: there is none, and *error says why. */
static inline void *loader_symbol(void *handle, const char *name, const char *version, const char **error)
{
    HMODULE program = GetModuleHandleW(NULL);
    void *address = handle == program && *name != '#' ? exported_by_any(program, name) : exported(handle, name);

    (void)version;
    loader_failure = address == NULL ? ERROR_PROC_NOT_FOUND : 0;
    *error = loader_error();
    return address;
}

/* In the image of a loaded file?  What thread-local variables begin with is not: each thread has a copy. */
static inline int is_in_an_image(const void *address)
{
    const DWORD how = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    const IMAGE_DATA_DIRECTORY *entry;
    const IMAGE_TLS_DIRECTORY *locals;
    const char *base;
    HMODULE module;

    if (!GetModuleHandleExW(how, address, &module))
        return 0;
    base = (const char *)module;
    entry = &((const IMAGE_NT_HEADERS *)(base + ((const IMAGE_DOS_HEADER *)base)->e_lfanew))
                 ->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_TLS];
    locals = (const IMAGE_TLS_DIRECTORY *)(base + entry->VirtualAddress);
    return entry->VirtualAddress == 0 || (uintptr_t)address < locals->StartAddressOfRawData
           || (uintptr_t)address >= locals->EndAddressOfRawData;
}

/* The addresses that others know C's own functions by; here `free` is a jump to it. */
#define address_of_free() ((const void *)exported(GetModuleHandleW(L"ucrtbase.dll"), "free"))
#define address_of_realloc() ((const void *)exported(GetModuleHandleW(L"ucrtbase.dll"), "realloc"))

/* Every DLL is a file. */
#define loader_has_without_file(path) ((void)(path), 0)

/* The environment says nothing of where DLLs are: see loader_flags(). */
static inline int has_more_rights_than_its_user(void)
{
    return 0;
}

#endif
