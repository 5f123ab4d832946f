/* Storage under the eyes of debug mode: with guards around it, kept for a while when it is freed. */
#ifndef FFIPY_VALUES_CHECKED_STORAGE_H
#define FFIPY_VALUES_CHECKED_STORAGE_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "base/exceptions.h"
#include "base/locks.h"
#include "base/os/pages.h"
#include "base/text_room.h"
#include "base/where.h"
#include "model/hooks.h"
#include "model/memory.h"
#include "values/storage.h"

enum {
    GUARD = 64,                     /* bytes before and behind; also what they are aligned for, at least */
    GUARD_BYTE = 0xFD,
    FREED_BYTE = 0xDD,
    PLACES = 5                      /* frames that are told of */
};

typedef struct checked_block {
    struct checked_block *next;     /* freed after it */
    char *start;                    /* of all that was allocated */
    size_t room;
    char *low, *high;               /* what may be read of that: the storage between its guards */
    char *data;
    size_t size;
    PyObject *type;                 /* borrowed of the memory, which has it: a Type, or NULL once freed */
    int fenced;                     /* on pages of its own */
    int freed;
    size_t kept;                    /* bytes, once freed, with all that is told of it */
    char *told;                     /* what it is and where it was made, and freed; owned */
    char passed[120];               /* the last argument that it was, or "" */
} checked_block;

static struct {
    checked_block **sorted;         /* by address */
    Py_ssize_t count, room;
    checked_block *oldest, *newest; /* of the freed */
    size_t kept, limit;             /* bytes of those, and how many are to be */
    int fences;
    int lookers;                    /* who looks at blocks: meanwhile none goes */
    int changing;                   /* for a signal's handler, which has no lock */
    short_lock lock;
} checked;

/* ---- the table, under the lock ---- */

/* Where a block of that start is, or would be. */
static Py_ssize_t place_of(const char *start)
{
    Py_ssize_t low = 0, high = checked.count;
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (checked.sorted[middle]->start < start)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The one that has `address` in its storage or guards, or NULL. */
static checked_block *block_around(const char *address)
{
    Py_ssize_t i = place_of(address + 1);
    if (i == 0 || address >= checked.sorted[i - 1]->start + checked.sorted[i - 1]->room)
        return NULL;
    return checked.sorted[i - 1];
}

/* 0; -1 without memory. */
static int table_add(checked_block *block)
{
    Py_ssize_t i;
    if (checked.count == checked.room) {
        Py_ssize_t room = checked.room ? 2 * checked.room : 256;
        checked_block **sorted = PyMem_RawRealloc(checked.sorted, (size_t)room * sizeof *sorted);
        if (sorted == NULL)
            return -1;
        checked.sorted = sorted;
        checked.room = room;
    }
    i = place_of(block->start);
    memmove(checked.sorted + i + 1, checked.sorted + i, (size_t)(checked.count - i) * sizeof *checked.sorted);
    checked.sorted[i] = block;
    ++checked.count;
    return 0;
}

static void table_remove(const checked_block *block)
{
    Py_ssize_t i = place_of(block->start);
    --checked.count;
    memmove(checked.sorted + i, checked.sorted + i + 1, (size_t)(checked.count - i) * sizeof *checked.sorted);
}

static void lock_table(void)
{
    LOCK(&checked.lock);
    __atomic_store_n(&checked.changing, 1, __ATOMIC_SEQ_CST);
}

static void unlock_table(void)
{
    __atomic_store_n(&checked.changing, 0, __ATOMIC_SEQ_CST);
    UNLOCK(&checked.lock);
}

/* The block around an address, or NULL, until stop_looking(). */
static const checked_block *look_for_block(const void *address)
{
    checked_block *block;
    lock_table();
    ++checked.lookers;
    block = block_around(address);
    unlock_table();
    return block;
}

static void stop_looking(void)
{
    lock_table();
    --checked.lookers;
    unlock_table();
}

/* ---- guards and poison ---- */

/* The first byte from `from` on, before `to`, that is not `byte`; NULL: all are. */
static char *first_other(char *from, const char *to, unsigned char byte)
{
    for (; from < to; ++from)
        if ((unsigned char)*from != byte)
            return from;
    return NULL;
}

/* The first byte that was written and should not have been, or NULL. */
static char *damage_of(const checked_block *block)
{
    char *at;
    if (block->freed)
        return block->fenced ? NULL : first_other(block->low, block->high, FREED_BYTE);
    at = first_other(block->low, block->data, GUARD_BYTE);
    return at != NULL ? at : first_other(block->data + block->size, block->high, GUARD_BYTE);
}

static void paint(const checked_block *block)
{
    if (block->freed) {
        if (!block->fenced)
            memset(block->low, FREED_BYTE, (size_t)(block->high - block->low));
        return;
    }
    memset(block->low, GUARD_BYTE, (size_t)(block->data - block->low));
    memset(block->data + block->size, GUARD_BYTE, (size_t)(block->high - block->data) - block->size);
}

typedef struct {
    char text[32];
} block_place;

/* Where an address lies of a block, as "4 bytes behind".  Async-signal-safe. */
static block_place place_in(const checked_block *block, const char *address)
{
    block_place place = {""};
    text_room room = {place.text, sizeof place.text};
    size_t distance;

    if (address == block->data + block->size) {
        add_text(&room, "right behind");
    } else if (address < block->data || address > block->data + block->size) {
        distance = (size_t)(address < block->data ? block->data - address : address - block->data)
                   - (address < block->data ? 0 : block->size);
        add_number(&room, distance);
        add_text(&room, distance == 1 ? " byte " : " bytes ");
        add_text(&room, address < block->data ? "before" : "behind");
    } else {
        add_text(&room, "at byte ");
        add_number(&room, (size_t)(address - block->data));
        add_text(&room, " of");
    }
    return place;
}

/* Raise a MisuseError that `at` was written, and forget that; `as`: the argument that it was, or NULL.  -1. */
static int raise_damage(const checked_block *block, const char *by, const char *as, const char *at)
{
    const block_place place = place_in(block, at);
    const char *freed = block->freed ? "freed " : "";

    if (as != NULL)
        PyErr_Format(core.misuse_error, "%s wrote %s %s, %s%s", by, place.text, as, freed, block->told);
    else
        PyErr_Format(core.misuse_error, "something wrote %s %s%s%s%s", place.text, freed, block->told,
                     block->passed[0] != '\0' ? "\n  it was last " : "", block->passed);
    paint(block);
    return -1;
}

/* Noticed where nothing can be raised. */
static void report_damage(const checked_block *block)
{
    char *at = damage_of(block);
    PyObject *pending;

    if (at == NULL)
        return;
    pending = take_exception();
    raise_damage(block, NULL, NULL, at);
    PyErr_WriteUnraisable(NULL);
    if (pending != NULL)
        give_exception(pending);
}

/* ---- made and freed ---- */

/* What there is to say of it: `before`, `happened` and where that was.  PyMem_RawFree() it; NULL without memory. */
static char *tell_of(const char *before, const char *happened)
{
    char room[2000], *told;
    text_room text = {room, sizeof room};
    size_t size;

    add_text(&text, before);
    add_text(&text, happened);
    add_place_in_python(&text, PLACES);
    size = strlen(room) + 1;
    told = PyMem_RawMalloc(size);
    return told != NULL ? memcpy(told, room, size) : NULL;
}

static int find_room(checked_block *block, size_t size, size_t alignment)
{
    const size_t page = page_size(), guard = alignment > GUARD ? alignment : GUARD;

    if (checked.fences && alignment <= page && (block->start = map_fenced(size, &block->room)) != NULL) {
        block->fenced = 1;
        block->low = block->start + page;
        block->high = block->start + block->room - page;
        block->data = (char *)((uintptr_t)(block->high - size) & ~(uintptr_t)(alignment - 1));
        return 0;
    }
    block->room = size + 2 * guard + alignment;
    block->start = block->low = PyMem_RawCalloc(1, block->room);
    if (block->start == NULL)
        return -1;
    block->high = block->start + block->room;
    block->data = align_pointer(block->start + guard, alignment);
    return 0;
}

/* All that it has, or has so far. */
static void end_block(checked_block *block)
{
    if (block->fenced)
        unmap_pages(block->start, block->room);
    else
        PyMem_RawFree(block->start);
    PyMem_RawFree(block->told);
    PyMem_RawFree(block);
}

/* 0; -1 without memory. */
static int fill_in(checked_block *block, const type_info *type, size_t size)
{
    char what[300];
    text_room text = {what, sizeof what};
    PyObject *pending = take_exception();

    add_text(&text, utf8_or_mark(type->name));
    add_text(&text, " (");
    add_number(&text, size);
    add_text(&text, " bytes)");
    block->type = type->object;
    block->size = size;
    block->told = tell_of(what, ", made by");
    if (pending != NULL)
        give_exception(pending);
    return block->told == NULL ? -1 : find_room(block, size, type->alignment);
}

/* get_storage() while storage is checked.  0; -1 raises MemoryError. */
COLD static int get_checked_storage(MemoryObject *memory, const type_info *type, size_t size)
{
    checked_block *block = PyMem_RawCalloc(1, sizeof *block);
    int status;

    if (block == NULL)
        return no_storage();
    status = fill_in(block, type, size);
    if (status == 0) {
        paint(block);
        lock_table();
        status = table_add(block);
        unlock_table();
    }
    if (status < 0) {
        end_block(block);
        return no_storage();
    }
    memory->m.allocated = block->start;
    memory->m.data = block->data;
    return 0;
}

/* The oldest, if it is to go now. */
static checked_block *next_to_go(void)
{
    checked_block *block;
    lock_table();
    block = checked.kept > checked.limit && checked.lookers == 0 ? checked.oldest : NULL;
    if (block != NULL) {
        checked.oldest = block->next;
        if (block->next == NULL)
            checked.newest = NULL;
        checked.kept -= block->kept;
        table_remove(block);
    }
    unlock_table();
    return block;
}

static void trim_freed(void)
{
    checked_block *block;
    while ((block = next_to_go()) != NULL) {
        report_damage(block);
        end_block(block);
    }
}

/* storage.free, from the first time on that storage is checked. */
COLD static void free_checked_storage(void *start)
{
    checked_block *block;
    PyObject *pending;
    char *told;

    lock_table();
    block = block_around(start);
    unlock_table();
    if (block == NULL || block->start != start) {   /* it is from before */
        PyMem_RawFree(start);
        return;
    }
    report_damage(block);
    pending = take_exception();
    told = tell_of(block->told, "\n  freed by");
    if (pending != NULL)
        give_exception(pending);
    lock_table();
    if (told != NULL) {
        PyMem_RawFree(block->told);
        block->told = told;
    }
    block->freed = 1;
    block->type = NULL;
    block->kept = block->room + sizeof *block + strlen(block->told);
    if (block->fenced)
        close_pages(block->start, block->room);
    paint(block);
    *(checked.newest != NULL ? &checked.newest->next : &checked.oldest) = block;
    checked.newest = block;
    checked.kept += block->kept;
    unlock_table();
    trim_freed();
}

/* Check the storage of what is made from now on, or not; `limit`: bytes that are kept of what is freed. */
static void check_storage(int on, int fences, size_t limit)
{
    checked.fences = fences;
    checked.limit = on ? limit : 0;
    __atomic_store_n(&storage.otherwise, on ? get_checked_storage : NULL, __ATOMIC_RELAXED);
    if (on)
        __atomic_store_n(&storage.free, free_checked_storage, __ATOMIC_RELAXED);
    __atomic_store_n(&storage.on_heap, on ? 0 : PY_SSIZE_T_MAX / 2, __ATOMIC_RELAXED);
    __atomic_store_n(&storage.in_object, on ? 0 : INLINE_STORAGE, __ATOMIC_RELAXED);
    trim_freed();
}

/* ---- looked at ---- */

/* Note what it was given to. */
static void note_passed(const checked_block *block, const char *as)
{
    text_room text = {((checked_block *)block)->passed, sizeof block->passed};
    lock_table();
    add_text(&text, as);
    unlock_table();
}

/* 0; -1 raises MisuseError for the next block from number *i on that was written where it should not have been;
   *i is behind it then. */
static int next_damage(Py_ssize_t *i)
{
    checked_block *block = NULL;
    char *at = NULL;

    lock_table();
    while (at == NULL && *i < checked.count) {
        block = checked.sorted[(*i)++];
        at = damage_of(block);
    }
    ++checked.lookers;
    unlock_table();
    if (at != NULL)
        raise_damage(block, NULL, NULL, at);
    stop_looking();
    return at == NULL ? 0 : -1;
}

#endif
