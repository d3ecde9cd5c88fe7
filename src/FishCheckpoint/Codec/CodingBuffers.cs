using System.Collections.Concurrent;
using FishCheckpoint.Deltas;

namespace FishCheckpoint.Codec;

/// <summary>The working memory of an encoder, about 2 MiB, used again by the next one: a trainer that saves every step would else fill the heap with it.</summary>
internal sealed class CodingBuffers
{
    private const int Kept = 4;

    private static readonly ConcurrentBag<CodingBuffers> Pool = [];

    public DeltaChunk Chunk { get; } = new();

    public ChunkCoder Coder { get; } = new();

    public byte[] Encoded { get; } = new byte[ChunkCoder.MaxEncoded];

    public byte[] Mapped { get; } = new byte[DeltaChunk.Capacity * sizeof(ulong)];

    public byte[] MappedAgain { get; } = new byte[DeltaChunk.Capacity * sizeof(ulong)];

    public byte[] Parent { get; } = new byte[DeltaChunk.Capacity * sizeof(ulong)];

    public long[] PositionsAgain { get; } = new long[DeltaChunk.Capacity];

    public static CodingBuffers Rent() => Pool.TryTake(out var buffers) ? buffers : new CodingBuffers();

    public void Return()
    {
        if (Pool.Count < Kept)
        {
            Pool.Add(this);
        }
    }
}
