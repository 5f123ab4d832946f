/* What libffi's closures ask of the compiler's own library on arm64; zig's has it for other systems only. */
#include <windows.h>

void __clear_cache(void *start, void *end)
{
    FlushInstructionCache(GetCurrentProcess(), start, (SIZE_T)((char *)end - (char *)start));
}
