/* Linux, static trampolines: libffi maps a descriptor that it opened once again for each page of closures, even if
   it is another file by then; and without a descriptor to spare at first, a page is writable and executable. */
#include <ffi.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static ffi_type *types[] = { &ffi_type_sint };
static ffi_cif cif;

static void handler(ffi_cif *cif, void *result, void **args, void *data)
{
    *(ffi_sarg *)result = *(int *)args[0] + 1;
}

/* Make a closure and call it. */
static int works(void)
{
    void *code;
    ffi_closure *closure = ffi_closure_alloc(sizeof *closure, &code);
    return closure != NULL && ffi_prep_closure_loc(closure, &cif, handler, 0, code) == FFI_OK
           && ((int (*)(int))code)(1) == 2;
}

static int another_file_is_executed(void)
{
    int i;
    if (!works())
        return 2;
    for (i = 3; i < 64; i++)
        close(i);
    for (i = 3; i < 8; i++)
        open("/bin/sh", O_RDONLY);
    for (i = 0; i < 2000; i++)      /* more than one page of them, on every port */
        if (!works())
            return 1;
    return 0;
}

static int a_page_is_writable_and_executable(void)
{
    struct rlimit limit, none;
    char line[600];
    int rwx = 0, i;
    FILE *maps = fopen("/proc/self/maps", "r");
    getrlimit(RLIMIT_NOFILE, &limit);
    none = limit;
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NOFILE, &none);
    i = works();
    setrlimit(RLIMIT_NOFILE, &limit);
    while (fgets(line, sizeof line, maps))
        rwx |= strstr(line, " rwxp ") != NULL;
    return i || rwx || !works();
}

static int fails_in_a_child(int (*test)(void))
{
    int status;
    if (fork() == 0)
        _exit(test());
    wait(&status);
    return status != 0;
}

int main(void)
{
    ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_sint, types);
    return fails_in_a_child(another_file_is_executed) | fails_in_a_child(a_page_is_writable_and_executable) << 1;
}
