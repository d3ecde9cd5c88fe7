using System.Runtime.InteropServices;

namespace FishCheckpoint.Tests.Support;

/// <summary>
/// Memory between two pages that nobody may touch: whatever reads or writes past either end ends the process. POSIX alone.
/// </summary>
internal sealed unsafe partial class GuardedMemory : IDisposable
{
    private const int NoAccess = 0;
    private const int ReadWrite = 3;

    private readonly nuint page = (nuint)Environment.SystemPageSize;
    private readonly nuint length;
    private readonly byte* start;

    /// <summary>Takes memory from the system.</summary>
    /// <param name="capacity">Bytes, rounded up to whole pages.</param>
    public GuardedMemory(int capacity)
    {
        length = ((nuint)capacity + page - 1) / page * page;
        start = (byte*)NativeMemory.AlignedAlloc(length + (2 * page), page);
        Protect(NoAccess);
    }

    /// <summary>The last bytes before the page behind.</summary>
    public Span<byte> AtTheEnd(int count) => new(start + page + length - (nuint)count, count);

    /// <summary>The first bytes after the page before.</summary>
    public Span<byte> AtTheStart(int count) => new(start + page, count);

    public void Dispose()
    {
        Protect(ReadWrite);
        NativeMemory.AlignedFree(start);
    }

    private void Protect(int access)
    {
        if (Protect(start, page, access) != 0 || Protect(start + page + length, page, access) != 0)
        {
            throw new InvalidOperationException($"The pages cannot be protected (errno {Marshal.GetLastSystemError()}).");
        }
    }

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(byte* start, nuint length, int access);
}
