/* Threads that visit an interpreter, of another one's or of C's: each keeps its state there from one callback to the
   next, until the thread ends or the interpreter does.

   CPython knows a thread by the state that it held last.  So who goes must not be known by the one that it keeps, or
   PyGILState_Ensure() would take it to the wrong interpreter. */
#ifndef FFIPY_CLOSURES_GUESTS_H
#define FFIPY_CLOSURES_GUESTS_H

#include <Python.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/interpreter.h"
#include "base/os/copies.h"
#include "base/os/threads.h"
#include "libffi/closures.h"

/* Not where CPython takes any thread's state for that of the interpreter's main thread (3.11), or tells threads apart
   by their states (no GIL): there a visit has a state of its own. */
#if HAVE_COPIES && PY_VERSION_HEX >= 0x030C0000 && !defined(Py_GIL_DISABLED)
#define KEEPS_GUESTS 1
#else
#define KEEPS_GUESTS 0
#endif

typedef struct guest guest;
typedef struct guest_house guest_house;

/* What is an image's, that of an interpreter. */
struct guest_house {
    PyInterpreterState *interpreter;
    int finalizing;                 /* set at exit: only the thread that finalises may still enter Python */
    int barred;                     /* ... or at the main interpreter's: this one is ended by it, if by nobody else */
    int foreign_entries;            /* threads of C's inside, or on their way in */
    guest *guests;                  /* under the book's lock, as is the rest */
    guest_house *next;
    int is_known;
};

static int is_house_closed(const guest_house *house)
{
    return __atomic_load_n(&house->finalizing, __ATOMIC_SEQ_CST) || __atomic_load_n(&house->barred, __ATOMIC_SEQ_CST)
           || !Py_IsInitialized();
}

#if KEEPS_GUESTS
#include <pthread.h>

/* Of C's memory; of its thread and the interpreter the one that ends last frees it. */
struct guest {
    guest *next;                    /* of its thread, which alone looks at it */
    guest *sibling, **at;           /* of its interpreter; under the lock */
    guest_house *house;
    PyThreadState *state;           /* NULL: that has ended; written under the lock */
    uint64_t id;                    /* the state's */
    int has_thread;                 /* under the lock */
};

/* The process's, in the first image. */
struct guest_book {
    process_lock lock;
    pthread_key_t key;              /* a thread's guests */
    int has_key;                    /* written under the lock */
    guest_house *houses;
    void (*thread_ends)(void *);    /* code of the first image: the copy that a thread has visited may be unloaded */
};

static void guests_go(void *first);

static guest_book first_book = {.lock = PROCESS_LOCK_INIT, .thread_ends = guests_go};

COLD static guest_book *book(void)
{
    return host != NULL ? host->guests : &first_book;
}

/* Under the lock. */
COLD static void list_guest(guest *one)
{
    if (!one->house->is_known) {
        one->house->is_known = 1;
        one->house->next = book()->houses;
        book()->houses = one->house;
    }
    one->sibling = one->house->guests;
    one->at = &one->house->guests;
    if (one->sibling != NULL)
        one->sibling->at = &one->sibling;
    one->house->guests = one;
}

/* Under the lock. */
COLD static void unlist_guest(guest *one)
{
    *one->at = one->sibling;
    if (one->sibling != NULL)
        one->sibling->at = one->at;
}

/* Its thread ends.  The interpreter's end waits for who has come in before, and ends the state of who comes later. */
COLD static void guest_goes(guest *one)
{
    int enters, ended;

    lock_process(&book()->lock);
    one->has_thread = 0;
    ended = one->state == NULL;
    enters = !ended;
    if (enters) {
        __atomic_add_fetch(&one->house->foreign_entries, 1, __ATOMIC_SEQ_CST);
        enters = !is_house_closed(one->house);
        if (enters)
            unlist_guest(one);
        else
            __atomic_sub_fetch(&one->house->foreign_entries, 1, __ATOMIC_SEQ_CST);
    }
    unlock_process(&book()->lock);
    if (enters) {
        if (attached_state() != one->state)     /* or it ends in a function called with the GIL */
            PyEval_RestoreThread(one->state);
        PyThreadState_Clear(one->state);
        PyThreadState_DeleteCurrent();
        __atomic_sub_fetch(&one->house->foreign_entries, 1, __ATOMIC_SEQ_CST);
    }
    if (ended || enters)
        free(one);
}

COLD static void guests_go(void *first)
{
    guest *one = first, *next;
    for (; one != NULL; one = next) {
        next = one->next;
        guest_goes(one);
    }
}

/* This thread's, the newest first. */
COLD static guest *guests_of_thread(void)
{
    return __atomic_load_n(&book()->has_key, __ATOMIC_ACQUIRE) ? pthread_getspecific(book()->key) : NULL;
}

/* The state that this thread keeps there, or NULL. */
COLD static PyThreadState *guest_state(const guest_house *house)
{
    const guest *one;
    PyThreadState *state;

    for (one = guests_of_thread(); one != NULL; one = one->next)
        if (one->house == house && (state = __atomic_load_n(&one->state, __ATOMIC_ACQUIRE)) != NULL)
            return state;
    return NULL;
}

/* This thread's guests are known by this one from now on.  False: there is no room for that.  Under the lock. */
COLD static int note_guest(guest *one)
{
    if (!book()->has_key) {
        if (pthread_key_create(&book()->key, book()->thread_ends) != 0)
            return 0;
        __atomic_store_n(&book()->has_key, 1, __ATOMIC_RELEASE);
    }
    one->next = pthread_getspecific(book()->key);
    return pthread_setspecific(book()->key, one) == 0;
}

/* One more there, with that state: this thread, or none.  False: no memory. */
COLD static int new_guest(guest_house *house, PyThreadState *state, int has_thread)
{
    guest *one = calloc(1, sizeof *one);
    int is_noted;

    if (one == NULL)
        return 0;
    *one = (guest){.house = house, .state = state, .id = PyThreadState_GetID(state), .has_thread = has_thread};
    lock_process(&book()->lock);
    is_noted = !has_thread || note_guest(one);
    if (is_noted)
        list_guest(one);
    unlock_process(&book()->lock);
    if (!is_noted)
        free(one);
    return is_noted;
}

/* Without the GIL afterwards.  Who had no state before is then known by none: that of another one, which ends here.
   Where there is no memory for it, CPython knows the thread by what it keeps. */
COLD static void leave_as_guest(const guest_house *house, int had_state)
{
    PyThreadState *last = had_state ? NULL : PyThreadState_New(house->interpreter);

    if (last == NULL) {
        PyEval_SaveThread();
        return;
    }
    PyThreadState_Swap(last);
    PyThreadState_Clear(last);
    PyThreadState_DeleteCurrent();
}

/* Have one state there from now on, which is no thread's.  CPython keeps the first one of an interpreter in a place
   that it takes again as soon as there is no other, and that is too soon: a thread that ends its own is not done with
   it yet ("thread state already initialized").  GIL. */
COLD static void keep_house_open(guest_house *house)
{
    PyThreadState *state;

    if (house->guests != NULL || house->interpreter == PyInterpreterState_Main())
        return;
    state = PyThreadState_New(house->interpreter);
    if (state != NULL && !new_guest(house, state, 0)) {
        PyThreadState_Clear(state);
        PyThreadState_Delete(state);
    }
}

/* Where nobody ends another interpreter, the main one's end does, and begins by ending one state, whosever it is: so
   from now on nobody enters one.  How many threads are inside. */
COLD static int bar_guests(const guest_house *main_house)
{
    guest_house *one;
    int inside = 0;

    lock_process(&book()->lock);
    for (one = book()->houses; one != NULL; one = one->next)
        if (one != main_house) {
            __atomic_store_n(&one->barred, 1, __ATOMIC_SEQ_CST);
            inside += __atomic_load_n(&one->foreign_entries, __ATOMIC_SEQ_CST);
        }
    unlock_process(&book()->lock);
    return inside;
}

/* ... and that state is not ours to end. */
COLD static int has_state(PyInterpreterState *interpreter, const PyThreadState *state, uint64_t id)
{
    PyThreadState *one;
    for (one = PyInterpreterState_ThreadHead(interpreter); one != NULL; one = PyThreadState_Next(one))
        if (one == state && PyThreadState_GetID(one) == id)
            return 1;
    return 0;
}

/* The interpreter ends, must not have more than one state then, and nobody is inside.  GIL. */
COLD static void send_guests_home(guest_house *house)
{
    guest_house **at;
    guest *one;
    PyThreadState *state;
    uint64_t id;

    lock_process(&book()->lock);
    while ((one = house->guests) != NULL) {
        state = one->state;
        id = one->id;
        unlist_guest(one);
        __atomic_store_n(&one->state, NULL, __ATOMIC_RELEASE);
        if (!one->has_thread)
            free(one);
        unlock_process(&book()->lock);
        if (has_state(house->interpreter, state, id)) {
            PyThreadState_Clear(state);
            PyThreadState_Delete(state);
        }
        lock_process(&book()->lock);
    }
    for (at = &book()->houses; *at != NULL; at = &(*at)->next)
        if (*at == house) {
            *at = house->next;
            break;
        }
    unlock_process(&book()->lock);
}

/* In a child of fork() there is this thread only, with the state that it holds; CPython ends all others. */
COLD static void forget_guests(guest_house *house)
{
    guest *one = house->guests, *next;

    for (house->guests = NULL; one != NULL; one = next) {
        next = one->sibling;
        if (one->state == attached_state())
            list_guest(one);
        else
            one->state = NULL;
    }
}

COLD static void renew_guests_lock(void)
{
    const process_lock open = PROCESS_LOCK_INIT;
    first_book.lock = open;
}

#else
/* Nobody stays. */
#define guest_state(house) ((PyThreadState *)NULL)
#define new_guest(house, state, has_thread) 0
#define leave_as_guest(house, had_state) ((void)0)
#define keep_house_open(house) ((void)0)
#define bar_guests(main_house) 0
#define send_guests_home(house) ((void)0)
#define forget_guests(house) ((void)0)
#define renew_guests_lock() ((void)0)
#endif

#endif
