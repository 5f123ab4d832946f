/* Text put together in a room that it may be too long for: then it ends early.  Async-signal-safe. */
#ifndef FFIPY_BASE_TEXT_ROOM_H
#define FFIPY_BASE_TEXT_ROOM_H

#include <stddef.h>
#include <string.h>

typedef struct {
    char *at;                       /* where the next goes; a NUL is there */
    size_t left;                    /* with that */
} text_room;

static void add_text(text_room *room, const char *text)
{
    size_t size = strlen(text);
    if (size >= room->left)
        size = room->left - 1;
    memcpy(room->at, text, size);
    room->at += size;
    room->left -= size;
    *room->at = '\0';
}

static void add_number(text_room *room, size_t number)
{
    char digits[24], *at = digits + sizeof digits - 1;
    *at = '\0';
    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    add_text(room, at);
}

#endif
