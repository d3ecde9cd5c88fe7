using FishCheckpoint.Codec;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Stores the bytes of frames, in the catalog or outside it.</summary>
internal interface IFrameStore
{
    /// <summary>Writes the bytes of a frame before the transaction that inserts it; does nothing if they are stored in its row.</summary>
    /// <remarks>A frame may be placed twice, and need not be inserted: the store removes bytes without a row.</remarks>
    /// <param name="frame">The frame. Sets <see cref="NewFrame.Place"/> if its bytes are stored outside the catalog.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.StorageUnavailable"/>.</exception>
    Task PlaceAsync(NewFrame frame, CancellationToken cancellationToken);
}

/// <summary>A frame that is not in the catalog yet.</summary>
/// <param name="content">The frame; the caller owns it.</param>
/// <param name="chunks">Its chunks, in order.</param>
internal sealed class NewFrame(IFrame content, IReadOnlyList<ChunkEntry> chunks)
{
    /// <summary>The frame.</summary>
    public IFrame Content { get; } = content;

    /// <summary>Its chunks, in order.</summary>
    public IReadOnlyList<ChunkEntry> Chunks { get; } = chunks;

    /// <summary>The place of its bytes; <see langword="null"/> if they are stored in its row.</summary>
    public string? Place { get; set; }

    /// <summary>Bytes of the frame's head and payload.</summary>
    public long Bytes { get; } = BytesOf(content);

    /// <summary>Bytes of a frame's head and payload.</summary>
    public static long BytesOf(IFrame frame) => frame.Head.Length + frame.PayloadLength;

    /// <summary>A frame of bytes, for a trainer state or a side file.</summary>
    public static NewFrame OfBytes(IFrame content) => new(content, ChunkIndex.ReadBytes(content, FrameHead.Parse(content.Head)));
}

/// <summary>Writes transactions with new frames.</summary>
internal static class NewFrames
{
    /// <summary>Places frames, then runs the transaction that inserts them.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="frames">The frames.</param>
    /// <param name="work">See <see cref="ICatalog.WriteAsync"/>.</param>
    /// <param name="cancellationToken">Cancels the wait and the work, but not a commit in progress.</param>
    public static async Task<T> WriteAsync<T>(
        this ICatalog catalog, IEnumerable<NewFrame> frames, Func<ICatalogWriter, T> work, CancellationToken cancellationToken)
    {
        foreach (var frame in frames)
        {
            await catalog.Frames.PlaceAsync(frame, cancellationToken);
        }

        return await catalog.WriteAsync(work, cancellationToken);
    }
}
