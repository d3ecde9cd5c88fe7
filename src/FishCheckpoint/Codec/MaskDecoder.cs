using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>Decodes the positions of a mask's frame chunk by chunk. Not thread-safe.</summary>
internal sealed class MaskDecoder : IDisposable
{
    private readonly IFrame frame;
    private readonly ChunkEntry[] entries;
    private readonly MaskDigest digest;
    private readonly ChunkCoder coder = new();
    private readonly byte[] encoded = new byte[ChunkCoder.MaxEncoded];
    private int next;

    /// <summary>Opens the frame and checks its index; chunks are checked when they are read.</summary>
    /// <param name="frame">The mask's frame.</param>
    /// <param name="layout">The layout that positions refer to.</param>
    /// <exception cref="FishException">The frame is damaged, malicious, or for another layout.</exception>
    public MaskDecoder(IFrame frame, Layout layout)
    {
        this.frame = frame;
        Head = FrameHead.Parse(frame.Head);
        entries = ChunkIndex.ReadMask(frame, Head, layout);
        digest = new MaskDigest(layout.Id);
    }

    /// <summary>The frame's head.</summary>
    public FrameHead Head { get; }

    /// <summary>The chunks, in order.</summary>
    public IReadOnlyList<ChunkEntry> Entries => entries;

    /// <summary>The next chunk for <see cref="ReadNext"/>; <see langword="null"/> at the end.</summary>
    public ChunkEntry? Next => next < entries.Length ? entries[next] : null;

    /// <summary>Decodes the positions of <see cref="Next"/>.</summary>
    /// <param name="positions">Filled; its length is the chunk's count.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public void ReadNext(Span<long> positions)
    {
        var entry = entries[next++];
        coder.DecodePositions(ChunkIndex.ReadChunk(frame, entry, encoded), entry.First, entry.Last, positions);
        digest.Add(entry.Tensor, positions);
    }

    /// <summary>Skips <see cref="Next"/> without decoding it.</summary>
    internal void Skip() => next++;

    /// <summary>The identity of the decoded mask. Call once, after the last chunk.</summary>
    public Digest Finish() => digest.Finish();

    /// <summary>Checks the identity of the decoded mask. Call once, after the last chunk.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    public void RequireDigest()
    {
        if (Finish() != Head.Digests[1])
        {
            throw new FishException(ErrorCode.CorruptFrame, "mask", "The digest of the positions does not match the frame.",
                "Send the mask again.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => digest.Dispose();
}
