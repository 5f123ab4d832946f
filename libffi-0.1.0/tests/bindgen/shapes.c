#include <stdarg.h>
#include "shapes.h"

int shape_total = 7;
const char *const shape_names[] = {"square", "circle", NULL};

double shape_area(const shape *from, int in)
{
    return from->kind == SHAPE_SQUARE ? from->side * from->side * in : 3 * from->radius * from->radius * in;
}

int shape_count(void) { return shape_total; }

int shape_visit(shape *first, shape_visitor visitor, void *data)
{
    int n = 0;
    for (; first; first = first->next, n++)
        if (!visitor(first, data))
            break;
    return n;
}

int shape_log(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int number = va_arg(arguments, int);
    va_end(arguments);
    return number;
}

int shape_vlog(const char *format, va_list arguments)
{
    return va_arg(arguments, int) + (int)format[0];
}

int shape_vcall(shape_logger logger, ...)
{
    va_list arguments;
    va_start(arguments, logger);
    int result = logger("%d", arguments);
    va_end(arguments);
    return result;
}

struct point shape_move(struct point from, int x, int y) { return (struct point){from.x + x, from.y + y}; }
opaque *shape_opaque(void) { return (opaque *)&shape_total; }
int stat(int stat, int other) { return stat + other; }

int lambda(const None *from)
{
    return from->from + from->in;
}
