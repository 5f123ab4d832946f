#include <cstddef>
#include <cstdio>
#include <cstring>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
extern "C" {
#include "bench.h"
}

namespace py = pybind11;

PYBIND11_MODULE(peer_pybind11, m)
{
    py::class_<point>(m, "Point")
        .def(py::init([](double x, double y) { return point{x, y}; }))
        .def_readwrite("x", &point::x)
        .def_readwrite("y", &point::y);
    m.def("add", &add);
    m.def("half", &half);
    m.def("strlen", [](const char *text) { return std::strlen(text); });
    m.def("nop", &nop);
    m.def("six", &six);
    m.def("mixed", &mixed);
    m.def("turn", &turn);
    auto total_of_array = [](py::array_t<double, py::array::c_style> values, std::size_t count) {
        return total(values.data(), count);
    };
    m.def("total", total_of_array, py::arg().noconvert(), py::arg());
    m.def("poke", [](py::buffer buffer, int value) {
        return poke(static_cast<char *>(buffer.request(true).ptr), value);
    });
    m.def("snprintf", [](py::buffer buffer, std::size_t size, const char *format, int value) {
        return std::snprintf(static_cast<char *>(buffer.request(true).ptr), size, format, value);
    });
    m.def("greeting", &greeting);
    m.def("divide", [](int a, int b) {
        int remainder, quotient = divide(a, b, &remainder);
        return py::make_tuple(quotient, remainder);
    });
}
