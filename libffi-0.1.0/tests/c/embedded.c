/* A program that Python is embedded in: embedded PYTHON ROUNDS SOURCE. It runs the source in each of many
   interpreters, one after the other. What the source left with keep() is called while Python is there, when it is
   not, and from a thread that lives longer than any of them. */
#include <Python.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static _Atomic(uintptr_t) kept;
static atomic_int over;
static atomic_long calls, answers;

void keep(int (*f)(int)) { kept = (uintptr_t)f; }

static int call(int x)
{
    int (*f)(int) = (int (*)(int))kept;
    return f ? f(x) : -1;
}

static void *caller(void *unused)
{
    (void)unused;
    while (!over) {
        if (call(5) == 6)
            answers++;
        calls++;
        usleep(20);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int rounds = atoi(argv[2]), round, with_thread = argc > 4;
    pthread_t thread;

    if (with_thread)
        pthread_create(&thread, NULL, caller, NULL);
    for (round = 0; round < rounds; round++) {
        PyConfig config;
        PyConfig_InitPythonConfig(&config);
        config.install_signal_handlers = 0;
        PyConfig_SetBytesString(&config, &config.program_name, argv[1]);
        if (PyStatus_Exception(Py_InitializeFromConfig(&config)))
            return 2;
        PyConfig_Clear(&config);
        if (PyRun_SimpleString(argv[3]) != 0)
            return 3;
        if (Py_FinalizeEx() != 0)
            return 4;
        if (kept && call(5) != 0)           /* zero bytes, and nothing else */
            return 5;
    }
    over = 1;
    if (with_thread)
        pthread_join(thread, NULL);
    printf("%d rounds, %s\n", round,
           !with_thread ? "no thread" : calls == 0 ? "no calls"
                                    : answers == 0 ? "no answers"
                                                   : "calls and answers");
    return 0;
}
