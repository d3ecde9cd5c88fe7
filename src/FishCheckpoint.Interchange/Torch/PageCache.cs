namespace FishCheckpoint.Interchange.Torch;

/// <summary>Caches small pages of a storage, so that a transposed matrix is not read once per column. At most 128 MiB.</summary>
/// <param name="length">Bytes of the storage.</param>
/// <param name="read">Reads bytes of it.</param>
/// <param name="maxPages">The largest number of 2 KiB pages in memory. Default: 65,536.</param>
internal sealed class PageCache(long length, Action<long, Span<byte>> read, int maxPages = 1 << 16)
{
    private const int PageSize = 1 << 11;

    private readonly Dictionary<long, byte[]> pages = [];
    private readonly Queue<long> order = new();
    private byte[] last = [];
    private long lastPage = -1;

    /// <summary>Reads one element; its size divides a page.</summary>
    public void Read(long offset, Span<byte> element)
    {
        var page = offset / PageSize;
        if (page != lastPage)
        {
            (last, lastPage) = (Of(page), page);
        }

        last.AsSpan((int)(offset % PageSize), element.Length).CopyTo(element);
    }

    private byte[] Of(long page)
    {
        if (pages.TryGetValue(page, out var found))
        {
            return found;
        }

        var bytes = new byte[(int)Math.Min(PageSize, length - (page * PageSize))];
        if (pages.Count == maxPages && pages.Remove(order.Dequeue(), out var oldest) && oldest.Length == bytes.Length)
        {
            bytes = oldest;
        }

        read(page * PageSize, bytes);
        pages.Add(page, bytes);
        order.Enqueue(page);
        return bytes;
    }
}
