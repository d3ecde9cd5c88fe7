using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>Builds a frame chunk by chunk, with a spooled payload.</summary>
internal sealed class FrameWriter : IDisposable
{
    private readonly FrameKind kind;
    private readonly Spool payload;
    private readonly List<byte> index = [];
    private ChunkEntry? last;
    private int chunks;
    private long count;

    /// <summary>Starts a frame.</summary>
    /// <param name="kind">The kind of content.</param>
    /// <param name="spoolFolder">The folder for a payload that outgrows memory.</param>
    public FrameWriter(FrameKind kind, string spoolFolder) => (this.kind, payload) = (kind, new Spool(spoolFolder));

    /// <summary>Bytes of the chunks so far.</summary>
    public long PayloadLength => payload.Length;

    /// <summary>Appends a chunk.</summary>
    /// <param name="tensor">Index of its tensor (masks only).</param>
    /// <param name="positions">Number of positions, values or plain bytes.</param>
    /// <param name="first">The first position (masks only).</param>
    /// <param name="lastPosition">The last position (masks only).</param>
    /// <param name="bytes">The encoded bytes.</param>
    public void Append(int tensor, int positions, long first, long lastPosition, ReadOnlySpan<byte> bytes)
    {
        var entry = new ChunkEntry(tensor, positions, first, lastPosition, payload.Length, bytes.Length, Crc32C.Compute(bytes));
        ChunkIndex.Append(index, kind, entry, last);
        payload.Write(bytes);
        (last, chunks, count) = (entry, chunks + 1, count + positions);
    }

    /// <summary>Completes the frame. This object still owns the payload.</summary>
    /// <param name="digests">The identities, depending on the kind.</param>
    public IFrame Finish(params Digest[] digests) =>
        new Written(new FrameHead(kind, digests, chunks, count, index.ToArray()).ToArray(), payload);

    /// <inheritdoc/>
    public void Dispose() => payload.Dispose();

    private sealed class Written(byte[] head, Spool payload) : IFrame
    {
        public ReadOnlyMemory<byte> Head => head;

        public long PayloadLength => payload.Length;

        public void ReadPayload(long offset, Span<byte> destination) => payload.Read(offset, destination);
    }
}
