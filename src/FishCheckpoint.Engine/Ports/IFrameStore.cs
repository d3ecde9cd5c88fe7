using FishCheckpoint.Codec;

namespace FishCheckpoint.Engine.Ports;

/// <summary>The bytes of frames. A store may keep them apart from its rows.</summary>
internal interface IFrameStore
{
    /// <summary>Writes the bytes of a frame, unless they go with its row; before the transaction that inserts it.</summary>
    /// <remarks>A frame may be placed twice, and need not be inserted: the store removes bytes that no row refers to.</remarks>
    /// <param name="frame">The frame. Its <see cref="NewFrame.Place"/> is set where its bytes were written.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.StorageUnavailable"/>.</exception>
    Task PlaceAsync(NewFrame frame, CancellationToken cancellationToken);
}

/// <summary>A frame that is not in the catalog yet.</summary>
/// <param name="content">The frame; it belongs to the caller.</param>
/// <param name="chunks">Its chunks, in order.</param>
internal sealed class NewFrame(IFrame content, IReadOnlyList<ChunkEntry> chunks)
{
    /// <summary>The frame.</summary>
    public IFrame Content { get; } = content;

    /// <summary>Its chunks, in order.</summary>
    public IReadOnlyList<ChunkEntry> Chunks { get; } = chunks;

    /// <summary>Where its bytes are; <see langword="null"/>: they go with its row.</summary>
    public string? Place { get; set; }

    /// <summary>Bytes that the frame takes: head and payload.</summary>
    public long Bytes { get; } = FrameSize.Of(content);

    /// <summary>A frame of bytes: a trainer state or a side file.</summary>
    public static NewFrame OfBytes(IFrame content) => new(content, ChunkIndex.ReadBytes(content, FrameHead.Parse(content.Head)));
}

/// <summary>Writes with new frames.</summary>
internal static class NewFrames
{
    /// <summary>Places frames, then runs the transaction that may insert them.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="frames">The frames.</param>
    /// <param name="work">See <see cref="ICatalog.WriteAsync"/>.</param>
    /// <param name="cancellationToken">Ends the wait and the work; what is being committed is committed.</param>
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
