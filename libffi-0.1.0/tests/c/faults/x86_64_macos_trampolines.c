/* macOS on x86-64: closures lie in pages that are writable and executable at once. */
#include <ffi.h>
#include <mach/mach.h>

int main(void)
{
    vm_region_basic_info_data_64_t pages;
    mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
    mach_port_t object;
    vm_size_t size;
    void *code, *closure = ffi_closure_alloc(sizeof(ffi_closure), &code);
    vm_address_t address = (vm_address_t)code;
    if (closure == 0
        || vm_region_64(mach_task_self(), &address, &size, VM_REGION_BASIC_INFO_64, (vm_region_info_t)&pages, &count,
                        &object) != KERN_SUCCESS)
        return 2;
    return (pages.protection & VM_PROT_WRITE) != 0;
}
