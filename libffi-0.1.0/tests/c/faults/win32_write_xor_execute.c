/* Windows: closures lie in pages that are writable and executable at once. */
#include <ffi.h>
#include <windows.h>

int main(void)
{
    MEMORY_BASIC_INFORMATION data, pages;
    void *code, *closure = ffi_closure_alloc(sizeof(ffi_closure), &code);
    VirtualQuery(closure, &data, sizeof data);
    VirtualQuery(code, &pages, sizeof pages);
    return data.Protect != PAGE_READWRITE || pages.Protect != PAGE_EXECUTE_READ;
}
