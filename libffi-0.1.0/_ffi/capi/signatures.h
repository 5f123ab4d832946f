/* CIFs for C: those that are known are found here, all others are left to Cython. */
#ifndef FFIPY_CAPI_SIGNATURES_H
#define FFIPY_CAPI_SIGNATURES_H

#include <Python.h>

#include "calls/known_cifs.h"
#include "capi/given.h"
#include "capi/home.h"
#include "model/hooks.h"

enum { CODES = 64 };

/* Filled in by the Cython side at import. */
static struct {
    PyObject *types[CODES];         /* of scalars by their codes (immortal) */
    int ncodes;
    PyObject *(*make)(PyObject *result, PyObject *const *arguments, Py_ssize_t nargs, Py_ssize_t nfixed, int abi);
    PyObject *(*make_of_codes)(int result, const int *arguments, Py_ssize_t nargs, Py_ssize_t nfixed, int abi);
} signatures;

static PyObject *noted(const cif_key *key, PyObject *cif)
{
    if (cif != NULL && key->n > 0)
        note_known_cif(key, cif);
    return cif;
}

/* New; raises.  GIL. */
static PyObject *capi_cif_new(PyObject *result, PyObject *const *arguments, Py_ssize_t nargs, Py_ssize_t nfixed,
                              int abi)
{
    cif_key key;
    PyObject *known;
    Py_ssize_t i;

    if (!is_at_home("libffi_cif_new()"))
        return NULL;
    key.n = 0;
    if (result != NULL && nargs >= 0 && nargs < KNOWN_PARTS && (nargs == 0 || arguments != NULL)) {
        key.parts[key.n++] = result;
        for (i = 0; i < nargs; ++i)
            key.parts[key.n++] = arguments[i];
        key.nfixed = nfixed;
        key.abi = abi;
        if ((known = find_known_cif(&key)) != NULL)
            return known;
    }
    known = signatures.make(result, arguments, nargs, nfixed, abi);
    return known != NULL && Py_IS_TYPE(result, core.type) ? noted(&key, known) : known;
}

/* New; raises.  GIL. */
static PyObject *capi_cif_from_codes(int result, const int *arguments, Py_ssize_t nargs, Py_ssize_t nfixed, int abi)
{
    PyObject *types[KNOWN_PARTS];
    Py_ssize_t i;

    if (result < 0 || result >= signatures.ncodes || nargs < 0 || nargs >= KNOWN_PARTS
        || (nargs > 0 && arguments == NULL))
        return signatures.make_of_codes(result, arguments, nargs, nfixed, abi);
    for (i = 0; i < nargs; ++i) {
        if (arguments[i] < 0 || arguments[i] >= signatures.ncodes)
            return signatures.make_of_codes(result, arguments, nargs, nfixed, abi);
        types[i] = signatures.types[arguments[i]];
    }
    return capi_cif_new(signatures.types[result], types, nargs, nfixed, abi);
}

#endif
