#include <cstddef>
#include <cstdio>
#include <cstring>
#include <utility>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
extern "C" {
#include "bench.h"
}

namespace nb = nanobind;
using Doubles = nb::ndarray<const double, nb::ndim<1>, nb::c_contig>;

NB_MODULE(peer_nanobind, m)
{
    nb::class_<point>(m, "Point")
        .def("__init__", [](point *self, double x, double y) { new (self) point{x, y}; })
        .def_rw("x", &point::x)
        .def_rw("y", &point::y);
    m.def("add", &add);
    m.def("half", &half);
    m.def("strlen", [](nb::bytes text) { return std::strlen(text.c_str()); });
    m.def("nop", &nop);
    m.def("six", &six);
    m.def("mixed", &mixed);
    m.def("turn", &turn);
    m.def("total", [](Doubles values, std::size_t count) { return total(values.data(), count); });
    m.def("poke", [](nb::bytearray text, int value) {
        return poke(static_cast<char *>(text.data()), value);
    });
    m.def("snprintf", [](nb::bytearray text, std::size_t size, const char *format, int value) {
        return std::snprintf(static_cast<char *>(text.data()), size, format, value);
    });
    m.def("greeting", &greeting);
    m.def("divide", [](int a, int b) {
        int remainder, quotient = divide(a, b, &remainder);
        return std::pair(quotient, remainder);
    });
}
