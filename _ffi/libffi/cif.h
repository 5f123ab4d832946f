/* A prepared call interface: libffi's ffi_cif and call plan, and where each value lies.

   A call's frame:   [result][arg 0][arg 1]...  [avalue pointers][by-reference storage][keeper slots]
   The first part, the exchange block, is also what call_exchange() takes: every slot is
   aligned and at least an ffi_arg wide, so that narrow values never need special care. */
#ifndef FFIPY_CIF_H
#define FFIPY_CIF_H

#include "libffi_config.h"

/* Which conversions a call inlines. */
typedef enum {
    BY_RULE, AS_OUT, AS_REFERRED, AS_S32, AS_S64, AS_U64, AS_DOUBLE, AS_POINTER, AS_TEXT, AS_MEMORY
} shortcut;

typedef struct {
    const type_info *type;          /* of the value Python sees */
    shortcut how;
    type_kind kind;                 /* its conversion rule */
    type_kind passing;              /* K_REF, K_OUT, K_INOUT, or K_VOID: by value */
    unsigned offset;                /* of the slot in the frame */
    unsigned words;                 /* how many arguments it is to the slot plan: 1 or 2 */
    unsigned referred;              /* by reference: of the storage in the frame */
} argument;

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
    closure_block *spare;           /* expired closures of this signature, to be used again */
    Py_ssize_t nspare;
    Py_ssize_t nreserved;           /* of them, when the CIF joined the reserve (quarantine.h); or 0 */
    struct cif_state *next;         /* in the reserve */
};

static int spares_free(cif_state *c);

#define SMALL_FRAME 512             /* 16-byte aligned; larger ones are rare */

static shortcut shortcut_for(const argument *a)
{
    if (a->passing)
        return a->passing == K_OUT ? AS_OUT : AS_REFERRED;
    switch (a->kind) {
    case K_S32: return AS_S32;
    case K_S64: return AS_S64;
    case K_U64: return AS_U64;
    case K_DOUBLE: return AS_DOUBLE;
    case K_POINTER: case K_PTR: case K_FUNCTION: return AS_POINTER;
    case K_STRING: case K_BYTES: return AS_TEXT;
    case K_STRUCT: case K_UNION: return AS_MEMORY;
    default: return BY_RULE;
    }
}

static unsigned align_up(size_t offset, size_t alignment)
{
    return (unsigned)((offset + alignment - 1) & ~(alignment - 1));
}

static size_t slot_size(const type_info *type)
{
    return type->size > sizeof(ffi_arg) ? type->size : sizeof(ffi_arg);
}

static size_t slot_alignment(const type_info *type)
{
    return type->alignment > sizeof(ffi_arg) ? type->alignment : sizeof(ffi_arg);
}

/* How many addresses the conversion of a `type` may have to keep alive. */
static unsigned count_pointers(const type_info *type)
{
    return is_pointer_kind(type->kind) ? 1 : 0;
}

/* Narrow integer results are written as an ffi_arg. */
static size_t result_size(const type_info *type)
{
    const type_info *plain = plain_type(type);
    if (plain->kind == K_VOID)
        return 0;
    if (plain->size < sizeof(ffi_arg)
        && (plain->kind <= K_CHAR32 || is_pointer_kind(plain->kind)))
        return sizeof(ffi_arg);
    return plain->size;
}

static void lay_out_frame(cif_state *c)
{
    size_t end, alignment = 16;
    unsigned i;

    end = c->result->kind == K_VOID ? sizeof(ffi_arg) : slot_size(c->result);
    if (c->result->alignment > alignment)
        alignment = c->result->alignment;
    for (i = 0; i < c->nargs; ++i) {
        argument *a = &c->args[i];
        size_t size = a->passing ? sizeof(ffi_arg) : slot_size(a->type);
        size_t align = a->passing ? sizeof(ffi_arg) : slot_alignment(a->type);
        a->offset = align_up(end, align);
        end = a->offset + size;
        if (align > alignment)
            alignment = align;
    }
    c->result_bytes = (unsigned)result_size(c->result);
    c->exchange_size = align_up(end, sizeof(ffi_arg));
    c->avalues = align_up(end, sizeof(void *));
    end = c->avalues + 2 * c->nargs * sizeof(void *);
    for (i = 0; i < c->nargs; ++i) {
        argument *a = &c->args[i];
        c->keeps |= a->passing || is_pointer_kind(a->kind) || is_aggregate_kind(a->kind);
        if (!a->passing) {
            c->nslots += count_pointers(a->type);
            continue;
        }
        c->nslots += 1;
        a->referred = align_up(end, slot_alignment(a->type));
        end = a->referred + slot_size(a->type);
        if (a->type->alignment > alignment)
            alignment = a->type->alignment;
    }
    c->slots = align_up(end, _Alignof(kept_slot));
    c->frame_size = align_up(c->slots + c->nslots * sizeof(kept_slot), alignment);
    c->frame_alignment = (unsigned)alignment;
    c->small = c->frame_size <= SMALL_FRAME && alignment <= 16;
    c->plain_nin = c->small && !c->variadic ? (Py_ssize_t)c->nin : -1;
}

/* What a struct of one member, of one member ..., is in the end. */
static const type_info *only_member(const type_info *type)
{
    while ((type->kind == K_STRUCT && type->nfields == 1)
           || (type->kind == K_ARRAY && type->length == 1))
        type = type->kind == K_STRUCT ? type->fields[0].type : type->item;
    return type;
}

/* libffi 3.8.0 looks for a struct around one long double in memory, and for one around a
   16-byte vector in two registers; x86-64 compilers return both like the bare member. */
static ffi_type *result_ffi_type(const type_info *type, ffi_abi abi)
{
#if defined(__x86_64__) && !defined(_WIN32)
    const type_info *only = only_member(type);
    if (abi == FFI_UNIX64 && type->kind == K_STRUCT && only->size == type->size
        && (only->kind == K_LONGDOUBLE || only->kind == K_EXACT || only->kind == K_VECTOR))
        return only->ffi;
#else
    (void)abi;
    (void)only_member;
#endif
    return type->ffi;
}

#if FFIPY_HAVE_CALL_PLAN
/* The size of a plan that accelerates nothing: a long double never is. */
static size_t idle_plan_size(void)
{
    static size_t size;
    if (size == 0) {
        ffi_type *types[1] = {&ffi_type_longdouble};
        ffi_cif cif;
        ffi_call_plan *plan;
        if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_longdouble, types) != FFI_OK
            || (plan = ffi_call_plan_alloc(&cif)) == NULL)
            return 0;
        size = ffi_call_plan_size(plan);
        ffi_call_plan_free(plan);
    }
    return size;
}

static int has_vector(const ffi_type *type)
{
    ffi_type **element;
#ifdef FFI_TARGET_HAS_VECTOR_TYPE
    if (type->type == FFI_TYPE_VECTOR)
        return 1;
#endif
    if (type->type == FFI_TYPE_STRUCT && type->elements != NULL)
        for (element = type->elements; *element != NULL; ++element)
            if (has_vector(*element))
                return 1;
    return 0;
}

static ffi_call_plan *plan_of(ffi_cif *cif)
{
    ffi_call_plan *plan;
    unsigned i;
    /* The plans of libffi 3.8.0 pass only the lower half of a 16-byte vector. */
    if (has_vector(cif->rtype))
        return NULL;
    for (i = 0; i < cif->nargs; ++i)
        if (has_vector(cif->arg_types[i]))
            return NULL;
    plan = ffi_call_plan_alloc(cif);
    if (plan != NULL && ffi_call_plan_size(plan) <= idle_plan_size()) {
        ffi_call_plan_free(plan);
        return NULL;
    }
    return plan;
}

#if WIDE_SLOTS
/* Note which of the (two) words at `offset` of a struct hold integers, which floats; 0: it
   holds what neither kind of register takes. */
static int classify_words(const ffi_type *type, size_t offset, ffi_type *words[2])
{
    ffi_type **element;

    switch (type->type) {
    case FFI_TYPE_FLOAT: case FFI_TYPE_DOUBLE:
        if (words[offset / 8] == NULL)
            words[offset / 8] = &ffi_type_double;
        return 1;
    case FFI_TYPE_SINT8: case FFI_TYPE_SINT16: case FFI_TYPE_SINT32: case FFI_TYPE_SINT64:
    case FFI_TYPE_UINT8: case FFI_TYPE_UINT16: case FFI_TYPE_UINT32: case FFI_TYPE_UINT64:
    case FFI_TYPE_INT: case FFI_TYPE_POINTER:
        words[offset / 8] = &ffi_type_uint64;
        return 1;
    case FFI_TYPE_STRUCT:
        for (element = type->elements; *element != NULL; ++element) {
            offset = align_up(offset, (*element)->alignment);
            if (!classify_words(*element, offset, words))
                return 0;
            offset += (*element)->size;
        }
        return 1;
    default:
        return 0;
    }
}

/* What `type` is to the slot plan: this many words, 0: it cannot be said. */
static unsigned lower(ffi_type *type, ffi_type *words[2])
{
    words[0] = words[1] = NULL;
    switch (type->type) {
    case FFI_TYPE_SINT8: case FFI_TYPE_SINT16: case FFI_TYPE_SINT32: case FFI_TYPE_INT:
        words[0] = &ffi_type_sint64;
        return 1;
    case FFI_TYPE_UINT8: case FFI_TYPE_UINT16: case FFI_TYPE_UINT32:
        words[0] = &ffi_type_uint64;
        return 1;
    case FFI_TYPE_FLOAT:            /* the low half of its register */
        words[0] = &ffi_type_double;
        return 1;
    case FFI_TYPE_STRUCT:
        if (type->size > 16 || !classify_words(type, 0, words))
            return 0;
        return words[0] == NULL ? 0 : type->size <= 8 ? 1 : words[1] == NULL ? 0 : 2;
    default:
        words[0] = type;
        return 1;
    }
}

/* The plan for arguments in slots, where it differs; NULL where it does not or cannot be. */
static ffi_call_plan *plan_for_slots(cif_state *c, int nfixed)
{
    unsigned i, n = 0, structs = 0, differs = 0, integers = 1, floats = 0;
    ffi_status status;

    if (c->cif.abi != FFI_UNIX64)
        return NULL;
    c->wide = PyMem_Malloc(sizeof *c->wide + 2 * (c->nargs + 1) * sizeof *c->wide->types);
    if (c->wide == NULL)
        return NULL;
    for (i = 0; i < c->nargs; ++i) {
        ffi_type **words = &c->wide->types[n];
        unsigned j;
        c->args[i].words = lower(c->ffi_types[i], words);
        if (c->args[i].words == 0)
            return NULL;
        for (j = 0; j < c->args[i].words; ++j)
            words[j]->type == FFI_TYPE_FLOAT || words[j]->type == FFI_TYPE_DOUBLE
                ? ++floats : ++integers;
        n += c->args[i].words;
        structs |= c->ffi_types[i]->type == FFI_TYPE_STRUCT;
        differs |= words[0] != c->ffi_types[i];
    }
    /* A struct that finds too few registers left goes to the stack as a whole. */
    if (!differs || (structs && (integers > 6 || floats > 8 || nfixed >= 0)))
        return NULL;
    status = nfixed < 0
        ? ffi_prep_cif(&c->wide->cif, c->cif.abi, n, c->cif.rtype, c->wide->types)
        : ffi_prep_cif_var(&c->wide->cif, c->cif.abi, (unsigned)nfixed, n, c->cif.rtype,
                           c->wide->types);
    return status == FFI_OK ? plan_of(&c->wide->cif) : NULL;
}
#endif

static void make_plans(cif_state *c, int nfixed)
{
    c->plan = plan_of(&c->cif);
#if WIDE_SLOTS
    c->slot_plan = plan_for_slots(c, nfixed);
    if (c->slot_plan == NULL)
#else
    (void)nfixed;
#endif
    {
        unsigned i;
        for (i = 0; i < c->nargs; ++i)
            c->args[i].words = 1;
        c->slot_plan = c->plan;
    }
}
#endif

static void cif_free(cif_state *c)
{
    unsigned i;
    if (c == NULL || !spares_free(c))
        return;
#if FFIPY_HAVE_CALL_PLAN
    if (c->slot_plan != c->plan)
        ffi_call_plan_free(c->slot_plan);
    ffi_call_plan_free(c->plan);
#endif
    PyMem_Free(c->wide);
    for (i = 0; i < VARIANTS; ++i)
        PyMem_Free(c->variants[i].types);
    PyMem_Free(c->ffi_types);
    PyMem_Free(c->args);
    PyMem_Free(c);
}

/* Prepare a CIF of checked types.  `nfixed` < 0: not variadic.  Returns NULL with
   *status (or with MemoryError and *status FFI_OK). */
static cif_state *cif_prepare(int abi, const type_info *result, const type_info *const *types,
                              unsigned nargs, int nfixed, int prototype, ffi_status *status)
{
    cif_state *c = PyMem_Calloc(1, sizeof *c);
    ffi_type *result_ffi;
    unsigned i;

    *status = FFI_OK;
    if (c != NULL) {
        c->args = PyMem_Calloc(nargs + 1, sizeof *c->args);
        c->ffi_types = PyMem_Calloc(nargs + 1, sizeof *c->ffi_types);
    }
    if (c == NULL || c->args == NULL || c->ffi_types == NULL) {
        cif_free(c);
        PyErr_NoMemory();
        return NULL;
    }
    c->abi = abi;
    c->nargs = nargs;
    c->nfixed = nfixed < 0 ? nargs : (unsigned)nfixed;
    c->variadic = prototype;
    c->result = result;
    c->result_kind = result->kind;
    for (i = 0; i < nargs; ++i) {
        argument *a = &c->args[i];
        int by_reference = types[i]->kind >= K_REF && types[i]->kind <= K_INOUT;
        a->passing = by_reference ? types[i]->kind : K_VOID;
        a->type = by_reference ? types[i]->item : types[i];
        a->kind = a->type->kind;
        a->how = shortcut_for(a);
        c->ffi_types[i] = by_reference ? &ffi_type_pointer : types[i]->ffi;
        c->nin += a->passing != K_OUT;
        c->nout += a->passing == K_OUT || a->passing == K_INOUT;
    }
    result_ffi = result_ffi_type(result, (ffi_abi)abi);
    *status = nfixed < 0
        ? ffi_prep_cif(&c->cif, (ffi_abi)abi, nargs, result_ffi, c->ffi_types)
        : ffi_prep_cif_var(&c->cif, (ffi_abi)abi, (unsigned)nfixed, nargs, result_ffi, c->ffi_types);
    if (*status != FFI_OK) {
        cif_free(c);
        return NULL;
    }
    correct_stack_space(&c->cif);
    lay_out_frame(c);
#if FFIPY_HAVE_CALL_PLAN
    make_plans(c, nfixed);
#endif
    return c;
}

/* ffi_call() on arguments in the slots of a frame, by the shortest way this CIF has. */
static inline void cif_invoke_slots(cif_state *c, void (*address)(void), void *result,
                                    void **avalues)
{
#if FFIPY_HAVE_CALL_PLAN
    if (LIKELY(c->slot_plan != NULL)) {
        ffi_call_plan_invoke(c->slot_plan, address, result, avalues);
        return;
    }
#endif
    ffi_call(&c->cif, address, result, avalues);
}

/* The same on arguments anywhere. */
static inline void cif_invoke(cif_state *c, void (*address)(void), void *result, void **avalues)
{
#if FFIPY_HAVE_CALL_PLAN
    if (LIKELY(c->plan != NULL)) {
        ffi_call_plan_invoke(c->plan, address, result, avalues);
        return;
    }
#endif
    ffi_call(&c->cif, address, result, avalues);
}

/* libffi writes integer results narrower than an ffi_arg as an ffi_arg: on a big-endian
   machine the value is at the far end. */
static inline void narrow_result(const type_info *type, void *where)
{
#if PY_BIG_ENDIAN
    ffi_arg wide;
    type = plain_type(type);
    if (type->size >= sizeof(ffi_arg)
        || !(type->kind <= K_CHAR32 || is_pointer_kind(type->kind)) || type->kind == K_VOID)
        return;
    memcpy(&wide, where, sizeof wide);
    memmove(where, (char *)where + sizeof wide - type->size, type->size);
#else
    (void)type;
    (void)where;
#endif
}

/* The other direction, for the result of a closure. */
static inline void widen_result(const type_info *type, void *where)
{
    type = plain_type(type);
    if (type->size >= sizeof(ffi_arg))
        return;
    switch (type->kind) {
#define WIDEN(kind, ctype, wide) \
    case kind: { ctype narrow_; memcpy(&narrow_, where, sizeof narrow_); \
                 *(wide *)where = (wide)narrow_; return; }
    WIDEN(K_BOOL, uint8_t, ffi_arg)
    WIDEN(K_CHAR, char, ffi_sarg)
    WIDEN(K_S8, int8_t, ffi_sarg)
    WIDEN(K_U8, uint8_t, ffi_arg)
    WIDEN(K_S16, int16_t, ffi_sarg)
    WIDEN(K_U16, uint16_t, ffi_arg)
    WIDEN(K_S32, int32_t, ffi_sarg)
    WIDEN(K_U32, uint32_t, ffi_arg)
    WIDEN(K_CHAR16, uint16_t, ffi_arg)
    WIDEN(K_CHAR32, uint32_t, ffi_arg)
    WIDEN(K_POINTER, uintptr_t, ffi_arg)
    WIDEN(K_PTR, uintptr_t, ffi_arg)
    WIDEN(K_STRING, uintptr_t, ffi_arg)
    WIDEN(K_BYTES, uintptr_t, ffi_arg)
    WIDEN(K_WSTRING, uintptr_t, ffi_arg)
    WIDEN(K_FUNCTION, uintptr_t, ffi_arg)
#undef WIDEN
    default:
        return;
    }
}

#endif
