/* The header of a library that tests make a module of. */
#ifndef SHAPES_H
#define SHAPES_H
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include "shapes/more.h"

#define SHAPES_API extern
#define SHAPES_VERSION "1.2" ".3"
#define SHAPES_TITLE "two  spaces " \
    "and  two"
#define SHAPES_LIMIT (1u << 31)
#define SHAPES_SIZE sizeof(struct shape)
#define SHAPES_LETTER 'x'
#define SHAPES_MASK (~0ULL)
#define SHAPES_LOWEST ((signed char)0xff)
#define SHAPES_PI 3.25f
#define SHAPES_NONE ((struct shape *)0)
#define SHAPES_FOREVER ((shape_visitor)-1)
#define SHAPES_NO_NAME ((const char *)0)
#define SHAPES_ANY_NAME ((const char *)-1)
#define SHAPES_ORIGIN ((struct point){1, -2})
#define SHAPES_WIDE L"h\u00e9"
#define SHAPES_LINE __LINE__
#define SHAPES_COUNT shape_count()
#define SHAPES_DEFAULT SHAPE_SQUARE
#define SHAPES_DOUBLED(x) ((x) * 2)
#define SHAPES_STORED(x) ((x) = 2)
#define SHAPES_DO do {
#define SHAPES_BROKEN (1 +
#define SHAPES_GONE 1
#undef SHAPES_GONE
#define shape_area2 shape_area
#define shape_size_t size_t

/** A point of the plane. */
struct point { int x, y; };

enum shape_kind { SHAPE_SQUARE = 4, SHAPE_CIRCLE = 0 };
typedef enum { SHAPE_FILLED = 1, SHAPE_DASHED = 2, SHAPE_HIDDEN = 8 } shape_flags;
enum { SHAPES_MOST = 12 };

typedef struct shape shape;
typedef int (*shape_visitor)(shape *from, void *data);

struct shape {
    struct point at;
    enum shape_kind kind;
    unsigned flags : 3, more : 20 __attribute__((packed));
    shape *next;
    union { int side; double radius; };
    struct { char name[8]; } label;
    shape_visitor on_change;
};

/*
 * Return the area of a shape.
 *
 * Circles are rounded: "\pi" is 3.
 */
SHAPES_API double shape_area(const shape *from, int in);

/// Say how many there are: a Complex number, or any other WideText, is none.
int shape_count(void);
int shape_visit(shape *first, shape_visitor visitor, void *data);
/* Visits until the visitor says no. */

int shape_log(const char *format, ...);
int shape_vlog(const char *format, va_list arguments);
typedef int (*shape_logger)(const char *format, va_list arguments);
int shape_vcall(shape_logger logger, ...);
struct point shape_move(struct point from, int, int);
opaque *shape_opaque(void);
int shape_missing(int);
extern int shape_total;
extern const char *const shape_names[];
static inline int shape_twice(int x) { return 2 * x; }
/* What Python keeps for itself. */
typedef struct { int from; int in; int in_; union { int class; unsigned is : 4; }; } None;
int lambda(const None *from);
extern int stat(int stat, int);
struct stat { int size; };

#endif
