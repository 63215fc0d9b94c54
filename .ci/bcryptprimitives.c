/* What the standard library of Rust wants of a DLL that Windows 10 has and older versions of Wine have
 * not: random bytes. It lies beside the programs that Wine runs, and is for them alone. */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID bytes, ULONG count);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE bytes, SIZE_T count)
{
    return SystemFunction036(bytes, (ULONG)count);
}
