/* Windows' C library has printf and its kin inline in the headers: tests that want a variadic function of C's, as other
   systems have it, load this. */
#include <stdarg.h>
#include <stdio.h>

__declspec(dllexport) int formatted(char *out, size_t size, const char *format, ...) __asm__("snprintf");

int formatted(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(out, size, format, arguments);
    va_end(arguments);
    return length;
}
