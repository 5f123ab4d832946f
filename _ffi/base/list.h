/* Lists of objects that have their link in them: any leaves without being looked for. */
#ifndef FFIPY_BASE_LIST_H
#define FFIPY_BASE_LIST_H

#include <stddef.h>

#include "base/locks.h"

typedef struct list_link {
    struct list_link *next, **at;   /* `at`: what points to this one; NULL: in no list */
} list_link;

typedef struct {
    list_link *first;
    short_lock lock;
} linked_list;

/* What has `link` as its `member`. */
#define LINKED(type, member, link) ((type *)(void *)((char *)(link) - offsetof(type, member)))

/* Under the list's lock. */
static inline void list_add(linked_list *list, list_link *link)
{
    link->next = list->first;
    if (link->next != NULL)
        link->next->at = &link->next;
    link->at = &list->first;
    list->first = link;
}

/* If it is in the list, which nobody changes meanwhile. */
static inline void list_remove(linked_list *list, const list_link *link)
{
    if (link->at == NULL)
        return;
    LOCK(&list->lock);
    *link->at = link->next;
    if (link->next != NULL)
        link->next->at = link->at;
    UNLOCK(&list->lock);
}

#endif
