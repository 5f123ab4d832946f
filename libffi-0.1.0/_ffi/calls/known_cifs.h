/* CIFs found by their types, without Python code: what the C API was asked for last.  Entries are weak. */
#ifndef FFIPY_CALLS_KNOWN_CIFS_H
#define FFIPY_CALLS_KNOWN_CIFS_H

#include <Python.h>
#include <stdint.h>
#include <string.h>

#include "model/cif.h"

#define KNOWN_CIFS 256
#define KNOWN_PARTS 12              /* of a longer signature all CIFs are looked for elsewhere */

/* How a CIF is asked for. */
typedef struct {
    PyObject *parts[KNOWN_PARTS];   /* types: the result's, then the arguments'; the CIF keeps them alive */
    Py_ssize_t n, nfixed;
    int abi;
} cif_key;

#ifdef Py_GIL_DISABLED
/* An entry could go while another thread takes it. */
static PyObject *find_known_cif(const cif_key *key)
{
    (void)key;
    return NULL;
}

static void note_known_cif(const cif_key *key, PyObject *cif)
{
    (void)key;
    (void)cif;
}

static void forget_known_cif(PyObject *cif)
{
    (void)cif;
}
#else
typedef struct {
    cif_key key;
    PyObject *cif;                  /* borrowed: it says when it goes; or NULL */
} known_cif;

static known_cif known_cifs[KNOWN_CIFS];

static known_cif *place_of_cif(const cif_key *key)
{
    uintptr_t mixed = (uintptr_t)key->abi * 31 + (uintptr_t)key->nfixed;
    Py_ssize_t i;
    for (i = 0; i < key->n; ++i)
        mixed = mixed * 31 + ((uintptr_t)key->parts[i] >> 4);
    return &known_cifs[(mixed ^ mixed >> 8 ^ mixed >> 16) % KNOWN_CIFS];
}

/* New, or NULL: it is not known; raises nothing.  GIL. */
static PyObject *find_known_cif(const cif_key *key)
{
    const known_cif *known = place_of_cif(key);
    if (known->cif == NULL || known->key.n != key->n || known->key.nfixed != key->nfixed || known->key.abi != key->abi
        || memcmp(known->key.parts, key->parts, (size_t)key->n * sizeof *key->parts) != 0)
        return NULL;
    return Py_NewRef(known->cif);
}

/* GIL. */
static void note_known_cif(const cif_key *key, PyObject *cif)
{
    known_cif *known = place_of_cif(key);
    known->key = *key;
    known->cif = cif;
    ((CIFObject *)cif)->state->known = 1;
}

/* A CIF goes.  GIL. */
static void forget_known_cif(PyObject *cif)
{
    const cif_state *c = ((CIFObject *)cif)->state;
    int i;
    if (c == NULL || !c->known)
        return;
    for (i = 0; i < KNOWN_CIFS; ++i)
        if (known_cifs[i].cif == cif)
            known_cifs[i].cif = NULL;
}
#endif

#endif
