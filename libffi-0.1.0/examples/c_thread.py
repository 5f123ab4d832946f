"""Callbacks on threads that C made: values, exceptions, and a closure closed too early."""
import sys
import threading

from libffi import Library, c, closure

process = Library(None)
process.declare("""
    typedef unsigned long pthread_t;
    typedef void *(*start_routine)(void *);
    int pthread_create(pthread_t *thread, const void *attributes, start_routine, void *argument);
    int pthread_join(pthread_t thread, void **result);
""")
start_routine = process.start_routine.cif


def run_in_c_thread(routine, argument):
    """Make a thread with pthread_create() and wait for what its routine returns."""
    thread, result = c.ulong.new(), c.pointer.new()
    if error := process.pthread_create(thread, None, routine, argument):
        raise OSError(error, "pthread_create")
    process.pthread_join(thread.value, result)  # the GIL is released: the closure can run
    return None if result.value is None else int(result.value)


def main():
    threads = set()

    @start_routine.closure
    def double(argument):
        threads.add(threading.get_ident())
        return 2 * int(argument)  # a void * that stands for a number

    print("C's threads get:", [run_in_c_thread(double, n) for n in (1, 2, 3, 4)])
    assert threading.get_ident() not in threads

    # No Python code called C on that thread, so there is nobody to raise the exception to.
    sys.unraisablehook = lambda problem: print(f"  unraisable: {problem.exc_value!r}")

    @closure(c.pointer, [c.pointer], on_error=0xBAD)
    def fail(argument):
        raise LookupError(f"nothing at {int(argument)}")

    print("The callable raises, C gets on_error:", hex(run_in_c_thread(fail, 7) or 0))

    address = fail.address
    fail.close()  # but C still has the address
    print("The closure is closed, C gets zero:", run_in_c_thread(c.pointer(address), 8))


if __name__ == "__main__":
    main()
