using System.Collections.Concurrent;
using FishCheckpoint.Deltas;

namespace FishCheckpoint.Codec;

/// <summary>
/// A chunk on its way through an encoder and the working memory for it, about 3 MiB, used again by the next one: a trainer that saves every
/// step would else fill the heap with it.
/// </summary>
internal sealed class CodingBuffers : IPipelined<CodingBuffers>
{
    private const int Kept = 4;
    private const int FewPositions = 2048;

    private static readonly ConcurrentBag<CodingBuffers> Pool = [];

    public DeltaChunk Chunk { get; } = new();

    public ChunkCoder Coder { get; } = new();

    public byte[] Encoded { get; } = new byte[ChunkCoder.MaxEncoded];

    public byte[] EncodedPositions { get; } = new byte[ChunkCoder.MaxEncoded];

    public byte[] Mapped { get; } = new byte[DeltaChunk.Capacity * sizeof(ulong)];

    public byte[] MappedAgain { get; } = new byte[DeltaChunk.Capacity * sizeof(ulong)];

    /// <summary>The values that the chunk's are mapped by.</summary>
    public byte[] Parent { get; } = new byte[DeltaChunk.Capacity * sizeof(ulong)];

    public long[] PositionsAgain { get; } = new long[DeltaChunk.Capacity];

    /// <summary>What stands for the chunk's values.</summary>
    public ValueMap Map { get; set; }

    /// <summary>The bytes of values before the chunk.</summary>
    public int Offset { get; set; }

    /// <summary>Bytes of <see cref="EncodedPositions"/>, once encoded.</summary>
    public int PositionsLength { get; set; }

    /// <summary>Bytes of <see cref="Encoded"/>, once encoded.</summary>
    public int ValuesLength { get; set; }

    /// <inheritdoc/>
    public bool IsSmall => Chunk.Count < FewPositions;

    public static CodingBuffers Rent() => Pool.TryTake(out var buffers) ? buffers : new CodingBuffers();

    public void Return()
    {
        if (Pool.Count < Kept)
        {
            Pool.Add(this);
        }
    }
}
