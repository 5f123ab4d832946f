/* What differs between platforms and builds, for the types and for features(). */
#ifndef FFIPY_PLATFORM_H
#define FFIPY_PLATFORM_H

/* ---- the platform's integer types ---- */

static ffi_type *int_ffi_type(size_t size, int is_signed)
{
    switch (size) {
    case 1: return is_signed ? &ffi_type_sint8 : &ffi_type_uint8;
    case 2: return is_signed ? &ffi_type_sint16 : &ffi_type_uint16;
    case 4: return is_signed ? &ffi_type_sint32 : &ffi_type_uint32;
    case 8: return is_signed ? &ffi_type_sint64 : &ffi_type_uint64;
#ifdef FFI_TARGET_HAS_INT128
    case 16: return is_signed ? &ffi_type_sint128 : &ffi_type_uint128;
#endif
    default: return NULL;
    }
}

static type_kind int_kind(size_t size, int is_signed)
{
    switch (size) {
    case 1: return is_signed ? K_S8 : K_U8;
    case 2: return is_signed ? K_S16 : K_U16;
    case 4: return is_signed ? K_S32 : K_U32;
    case 8: return is_signed ? K_S64 : K_U64;
    default: return is_signed ? K_S128 : K_U128;
    }
}

#ifdef FFI_TARGET_HAS_COMPLEX_TYPE
#define COMPLEX_FFI(type) (&ffi_type_complex_##type)
#elif defined(__riscv)      /* its ABI passes them like structs of two */
#define COMPLEX_PAIR(type) \
    static ffi_type *type##_pair[] = {&ffi_type_##type, &ffi_type_##type, NULL}; \
    static ffi_type complex_##type = {2 * sizeof(C_##type), _Alignof(C_##type), FFI_TYPE_STRUCT, type##_pair};
typedef float C_float;
typedef double C_double;
typedef long double C_longdouble;
COMPLEX_PAIR(float)
COMPLEX_PAIR(double)
COMPLEX_PAIR(longdouble)
#define COMPLEX_FFI(type) (&complex_##type)
#else
#define COMPLEX_FFI(type) NULL
#endif

#ifdef FFI_TARGET_HAS_VECTOR_TYPE
#define VECTOR_TYPE FFI_TYPE_VECTOR
#else
#define VECTOR_TYPE 0
#endif

#if CHAR_MIN < 0
#define CHAR_IS_SIGNED 1
#else
#define CHAR_IS_SIGNED 0
#endif

#if WCHAR_MIN < 0
#define WCHAR_IS_SIGNED 1
#else
#define WCHAR_IS_SIGNED 0
#endif

/* ---- what is known about this build ---- */

typedef struct { const char *name; long value; } named_abi;

static const named_abi abi_names[] = {
#define ABI_NAME(name) {#name, (long)name},
    FFIPY_ABIS(ABI_NAME)
#undef ABI_NAME
    {NULL, 0}
};

static const char *libffi_version(void)
{
#if FFIPY_HAVE_VERSION
    return ffi_get_version();
#else
    return FFIPY_BUILD_VERSION;
#endif
}

static unsigned long libffi_version_number(void)
{
#if FFIPY_HAVE_VERSION
    return ffi_get_version_number();
#else
    unsigned major = 0, minor = 0, patch = 0;
    sscanf(FFIPY_BUILD_VERSION, "%u.%u.%u", &major, &minor, &patch);
    return major * 10000UL + minor * 100UL + patch;
#endif
}

static size_t core_closure_size(void)
{
#if FFIPY_HAVE_CLOSURE_SIZE
    return ffi_get_closure_size();
#else
    return sizeof(ffi_closure);
#endif
}

static int core_default_abi(void)
{
#if FFIPY_HAVE_DEFAULT_ABI
    return (int)ffi_get_default_abi();
#else
    return FFI_DEFAULT_ABI;
#endif
}

static const char *long_double_format(void)
{
    if (sizeof(long double) == sizeof(double))
        return "IEEE double";
    return LDBL_MANT_DIG == 64 ? "x87 80-bit" : LDBL_MANT_DIG == 113 ? "IEEE quad"
           : LDBL_MANT_DIG == 106 ? "IBM double-double" : "unknown";
}

/* Is a closure's address outside its (writable) block?  Then its code is libffi's own
   page or a second mapping, and the block never needed to be executable. */
static int closures_are_indirect(void)
{
    void *code = NULL;
    void *block = closure_alloc(sizeof(ffi_closure), &code);
    int indirect;
    if (block == NULL)
        return 0;
    indirect = code != block;
    closure_free(block);
    return indirect;
}

#if defined(__APPLE__)
#define ALIGN_ANONYMOUS_BITS 1
#elif defined(__arm__) || defined(__aarch64__)
#define ALIGN_ANONYMOUS_BITS 1
#else
#define ALIGN_ANONYMOUS_BITS 0
#endif

#if defined(__x86_64__) && !defined(_WIN32)
#define UNION_RULE 'x'              /* eightbytes are classified one by one */
#elif defined(__aarch64__)
#define UNION_RULE 'h'              /* homogeneous floats, else by size */
#elif defined(__i386__) || defined(__mips64)
#define UNION_RULE 'm'              /* like integers: in memory, or in general registers */
#else
#define UNION_RULE 'i'              /* known for integers only */
#endif

#define MAX_TYPE_SIZE (sizeof(void *) > 4 ? (Py_ssize_t)(1LL << 48) : PY_SSIZE_T_MAX / 2)

/* A struct around one float goes in a floating-point register, around an array of one it
   does not; on mips64 around no array.  libffi has no arrays, so it must not see the floats.
   The number is that of the items up to which an array hides them. */
#if defined(__s390__)
#define ARRAYS_HIDE_FLOATS 1
#elif defined(__mips64)
#define ARRAYS_HIDE_FLOATS PY_SSIZE_T_MAX
#else
#define ARRAYS_HIDE_FLOATS 0
#endif

#endif
