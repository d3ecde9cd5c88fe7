using System.Buffers.Binary;
using FishCheckpoint.Storage.Sqlite.Pages;
using FishCheckpoint.Tensors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>
/// Reads single pages of a database without a log (https://www.sqlite.org/fileformat2.html), and trusts those with the right checksum.
/// </summary>
internal sealed class PageFile : IDisposable
{
    /// <summary>The position in the first page of the number of reserved bytes per page.</summary>
    public const int ReservedAt = 20;

    private const int Default = 16384;
    private const int MaxPagesToLookAt = 1000;
    private readonly SafeFileHandle file;

    public PageFile(string path)
    {
        file = PositionalFile.Open(path);
        var head = new byte[100];
        var hasHead = RandomAccess.Read(file, head, 0) == head.Length && head.AsSpan().StartsWith("SQLite format 3\0"u8);
        IsChecked = FindSums();
        PageSize = IsChecked || !hasHead ? Default
            : BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(16)) is var size and not 1 ? size : 1 << 16;
        PageSize = PageSize >= 512 ? PageSize : Default;
        Usable = PageSize - (IsChecked ? PageSum.Length : hasHead ? head[ReservedAt] : 0);
        Count = (int)Math.Min(RandomAccess.GetLength(file) / PageSize, int.MaxValue);
        First = TryRead(1) is { } first && first.AsSpan().StartsWith("SQLite format 3\0"u8) ? first : null;
    }

    /// <summary>Whether the pages have checksums.</summary>
    public bool IsChecked { get; }

    public int PageSize { get; }

    /// <summary>Bytes of a page that SQLite uses.</summary>
    public int Usable { get; }

    /// <summary>The number of pages; numbers start at 1.</summary>
    public int Count { get; }

    /// <summary>The first page; <see langword="null"/> if it is damaged.</summary>
    public byte[]? First { get; }

    /// <summary>Reads a page.</summary>
    /// <returns><see langword="null"/> if it is damaged or missing.</returns>
    public byte[]? TryRead(int number)
    {
        var page = new byte[PageSize];
        return number >= 1 && number <= Count && RandomAccess.Read(file, page, (number - 1L) * PageSize) == PageSize
            && (!IsChecked || PageSum.IsRight(page, number)) ? page : null;
    }

    public void Dispose() => file.Dispose();

    // Looks at several pages, because the first one may be damaged.
    private bool FindSums()
    {
        var page = new byte[Default];
        for (var number = 1; number <= MaxPagesToLookAt && RandomAccess.Read(file, page, (number - 1L) * Default) == Default; number++)
        {
            if (PageSum.IsMarked(page.AsSpan(^PageSum.Length..)) && PageSum.IsRight(page, number))
            {
                return true;
            }
        }

        return false;
    }
}
