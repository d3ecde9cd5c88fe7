using System.Collections.Concurrent;
using FishCheckpoint.Deltas;

namespace FishCheckpoint.Codec;

/// <summary>
/// A chunk and the working memory to encode it, about 3 MiB. It is reused, because a trainer that saves every step would otherwise fill the
/// heap.
/// </summary>
internal sealed class CodingBuffers : IPipelined<CodingBuffers>
{
    private const int Kept = 4;
    private const int MinParallelPositions = 2048;

    private static readonly ConcurrentBag<CodingBuffers> Pool = [];

    public DeltaChunk Chunk { get; } = new();

    public ChunkCoder Coder { get; } = new();

    public byte[] Encoded { get; } = new byte[ChunkCoder.MaxEncoded];

    public byte[] EncodedPositions { get; } = new byte[ChunkCoder.MaxEncoded];

    public byte[] Mapped { get; } = new byte[DeltaChunk.Capacity * sizeof(ulong)];

    public byte[] MappedAgain { get; } = new byte[DeltaChunk.Capacity * sizeof(ulong)];

    /// <summary>The parent's values, which the chunk's values are mapped by.</summary>
    public byte[] Parent { get; } = new byte[DeltaChunk.Capacity * sizeof(ulong)];

    public long[] PositionsAgain { get; } = new long[DeltaChunk.Capacity];

    /// <summary>The map of the chunk's values.</summary>
    public ValueMap Map { get; set; }

    /// <summary>Bytes of values before this chunk.</summary>
    public int Offset { get; set; }

    /// <summary>Bytes in <see cref="EncodedPositions"/> after encoding.</summary>
    public int PositionsLength { get; set; }

    /// <summary>Bytes in <see cref="Encoded"/> after encoding.</summary>
    public int ValuesLength { get; set; }

    /// <inheritdoc/>
    public bool IsSmall => Chunk.Count < MinParallelPositions;

    public static CodingBuffers Rent() => Pool.TryTake(out var buffers) ? buffers : new CodingBuffers();

    public void Return()
    {
        if (Pool.Count < Kept)
        {
            Pool.Add(this);
        }
    }
}
