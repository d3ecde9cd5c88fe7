namespace FishCheckpoint.Interchange.Torch;

/// <summary>
/// Small pieces of a storage, each read once while it is near: so a transposed matrix is not read once for each of its columns. At most 128
/// MiB.
/// </summary>
/// <param name="length">Bytes of the storage.</param>
/// <param name="read">Reads bytes of it.</param>
/// <param name="mostPages">How many pieces of 2 KiB are held. Default: 65,536.</param>
internal sealed class PageCache(long length, Action<long, Span<byte>> read, int mostPages = 1 << 16)
{
    private const int PageSize = 1 << 11;

    private readonly Dictionary<long, byte[]> pages = [];
    private readonly Queue<long> order = new();
    private byte[] last = [];
    private long lastPage = -1;

    /// <summary>Reads one element, whose size divides a page.</summary>
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
        if (pages.Count == mostPages && pages.Remove(order.Dequeue(), out var oldest) && oldest.Length == bytes.Length)
        {
            bytes = oldest;
        }

        read(page * PageSize, bytes);
        pages.Add(page, bytes);
        order.Enqueue(page);
        return bytes;
    }
}
