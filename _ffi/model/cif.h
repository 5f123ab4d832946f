/* A prepared call interface: libffi's ffi_cif and call plan, and where each value lies.

   A call's frame:   [result][arg 0][arg 1]...  [avalue pointers][by-reference storage][keeper slots]
   The first part, the exchange block, is also what call_exchange() takes: every slot is
   aligned and at least an ffi_arg wide, so that narrow values never need special care. */
#ifndef FFIPY_MODEL_CIF_H
#define FFIPY_MODEL_CIF_H

#include <Python.h>
#include <ffi.h>

#include "libffi_config.h"
#include "model/type.h"

/* Which conversions a call inlines. */
typedef enum {
    BY_RULE,
    AS_OUT,
    AS_REFERRED,
    AS_S32,
    AS_S64,
    AS_U64,
    AS_DOUBLE,
    AS_POINTER,
    AS_TEXT,
    AS_MEMORY,
    AS_NOTHING                      /* a struct without size */
} shortcut;

typedef struct {
    const type_info *type;          /* of the value Python sees */
    shortcut how;
    type_kind kind;                 /* its conversion rule */
    type_kind passing;              /* K_REF, K_OUT, K_INOUT, or K_VOID: by value */
    unsigned offset;                /* of the slot in the frame */
    unsigned words;                 /* how many arguments it is to libffi: 1, 0 without size, 2 to a slot plan */
    unsigned referred;              /* by reference: of the storage in the frame */
} argument;

enum { FEW_ARGUMENTS = 8 };         /* of a callback, which have a place on its stack */

#define VARIANTS 4                  /* recently used lists of variadic types */

/* On x86-64 an integer argument takes a whole register or stack word however narrow its
   type.  Calls from Python keep theirs extended to 64 bits, and say so to libffi: its plans
   then load the registers straight from the slots.  Plans know no structs; but one that
   travels in registers is to the callee the same as its one or two words passed one by one. */
#if FFIPY_HAVE_CALL_PLAN && defined(__x86_64__) && !defined(_WIN32) && !defined(__ILP32__)
#define WIDE_SLOTS 1
#else
#define WIDE_SLOTS 0
#endif

typedef struct {
    ffi_cif cif;
    ffi_type *types[];
} wide_cif;

typedef struct cif_state cif_state;

struct cif_state {
#if FFIPY_HAVE_CALL_PLAN
    ffi_call_plan *slot_plan;       /* for arguments in a frame's slots */
    ffi_call_plan *plan;            /* for arguments anywhere; NULL: nothing to gain */
#endif
    argument *args;
    unsigned nargs;                 /* that C sees */
    unsigned nin, nout;             /* that Python gives and gets back */
    Py_ssize_t plain_nin;           /* nin where a call is all that plain, else -1 */
    type_kind result_kind;
    int variadic;                   /* a prototype with `...`: calls use a variant */
    int small;                      /* the frame fits SMALL_FRAME */
    int keeps;                      /* conversions may have to keep objects alive */
    int known;                      /* the C API was asked for it (calls/known_cifs.h) */
    int objects;                    /* C is given Python objects, or gives one: it runs with the GIL */
    unsigned nothings;              /* arguments without size */
    unsigned lists;                 /* arguments that are a va_list */
    int crowded;                    /* callbacks have more than a few arguments, or a va_list */
    unsigned avalues, slots, nslots;
    const type_info *result;
    unsigned frame_size, frame_alignment;
    unsigned exchange_size;
    unsigned result_bytes;          /* that a closure writes */
    unsigned nfixed;
    int abi;                        /* that was asked for: arm's libffi exchanges a variadic one's */
    ffi_cif cif;
    wide_cif *wide;
    PyObject *object;               /* the libffi.CIF (borrowed) */
    ffi_type **ffi_types;
    struct {
        Py_ssize_t n;
        const type_info **types;
        struct cif_state *state;
    } variants[VARIANTS];
    unsigned next_variant;
    int closable;                   /* plain closures of it have been made: nothing is to be looked at again */
    struct closure_block *spare;           /* expired closures of this signature, to be used again */
    Py_ssize_t nspare;
    Py_ssize_t nreserved;           /* of them, when the CIF joined the reserve (closures/quarantine.h); or 0 */
    struct cif_state *next;         /* in the reserve */
};

#define SMALL_FRAME 512             /* 16-byte aligned; larger ones are rare */

typedef struct {
    PyObject_HEAD
    cif_state *state;
    PyObject *restype, *argtypes;
    PyObject *variants;             /* variadic: hidden dict, extra types -> CIF; else NULL */
} CIFObject;

#endif
