"""What Windows' headers name besides numbers and handles, for declarations as Microsoft's pages have them."""
import re

from libffi import Type, c

# How a parameter is used, which says nothing of its type: `_In_`, `_Out_writes_(count)`.
ANNOTATION = re.compile("_(?:In|Inout|Out|Outptr|COM_Outptr|Reserved|Ret|Check_return|Must_inspect_result|Success|Post|"
                        "Frees_ptr|Pre|When|At|Null_terminated|Printf_format_string)(?:_[a-z_]*)?_")
# What stands before functions.
PREFIXES = "WINBASEAPI WINUSERAPI WINGDIAPI WINADVAPI WINSOCK_API_LINKAGE DECLSPEC_IMPORT EXTERN_C FAR NEAR".split()
# Microsoft's words of C.
INTEGERS = {"__int8": "char", "__int16": "short", "__int32": "int", "__int64": "long long"}


def types(known: dict[str, Type]) -> dict[str, Type]:
    """Return types by name, made of those that the core knows."""
    byte, word, dword, long = (known[name] for name in ("BYTE", "WORD", "DWORD", "LONG"))
    wide, unit = c.ptr(c.wchar_t), c.ptr(c.char)
    found: dict[str, Type] = {
        "VOID": c.void, "OLECHAR": c.wchar_t, "DOUBLE": c.double, "NTSTATUS": long, "SCODE": long, "REGSAM": dword,
        "VARIANT_BOOL": c.short, **dict.fromkeys(("LPCTSTR", "PCTSTR", "LPCOLESTR", "LPCWCH", "PCWCH"), c.wstring),
        **dict.fromkeys(("LPWSTR", "PWSTR", "LPTSTR", "PTSTR", "LPOLESTR", "BSTR", "LPWCH", "PWCHAR"), wide),
        **dict.fromkeys(("LPSTR", "PSTR", "LPCH", "PCHAR"), unit), **dict.fromkeys(("LPCCH", "PCCH"), c.string),
        **dict.fromkeys("""FARPROC HACCEL HDESK HDROP HDWP HENHMETAFILE HIMAGELIST HKL HMETAFILE HPALETTE HTREEITEM
            HWINSTA PSID PSECURITY_DESCRIPTOR SC_HANDLE SERVICE_STATUS_HANDLE LPUNKNOWN""".split(), c.pointer),
    }
    pointed = """BOOL BYTE WORD DWORD INT UINT LONG ULONG SHORT USHORT BOOLEAN LONGLONG ULONGLONG DWORD_PTR ULONG_PTR
        SIZE_T HANDLE HKEY UCHAR""".split()
    for name in pointed:
        found[f"P{name}"] = found[f"LP{name}"] = c.ptr(known[name])
    structs = {
        "FILETIME": c.struct("_FILETIME", dwLowDateTime=dword, dwHighDateTime=dword),
        "SYSTEMTIME": c.struct("_SYSTEMTIME", **dict.fromkeys(
            ("wYear", "wMonth", "wDayOfWeek", "wDay", "wHour", "wMinute", "wSecond", "wMilliseconds"), word)),
        "POINT": c.struct("tagPOINT", x=long, y=long), "SIZE": c.struct("tagSIZE", cx=long, cy=long),
        "RECT": c.struct("tagRECT", left=long, top=long, right=long, bottom=long),
        "GUID": c.struct("_GUID", Data1=dword, Data2=word, Data3=word, Data4=c.array(byte, 8)),
        "SECURITY_ATTRIBUTES": c.struct("_SECURITY_ATTRIBUTES", nLength=dword, lpSecurityDescriptor=c.pointer,
                                        bInheritHandle=known["BOOL"]),
    }
    parts = c.struct("", LowPart=dword, HighPart=long)
    structs["LARGE_INTEGER"] = c.union("_LARGE_INTEGER", [(None, parts), ("u", parts), ("QuadPart", known["LONGLONG"])])
    for name, made in structs.items():
        found |= {name: made, f"P{name}": c.ptr(made), f"LP{name}": c.ptr(made)}
    found["IID"] = found["CLSID"] = found["GUID"]
    found["REFIID"] = found["REFCLSID"] = found["REFGUID"] = c.ptr(found["GUID"], const=True)
    return found
