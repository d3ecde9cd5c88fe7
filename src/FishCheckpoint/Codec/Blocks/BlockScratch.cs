using System.Collections.Concurrent;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>Reusable working memory to encode a block, about 20 MiB for the largest blocks.</summary>
internal sealed class BlockScratch : IPipelined<BlockScratch>
{
    // One per core, and a few for saves that wait for their disk.
    private static readonly int Kept = Environment.ProcessorCount + 2;

    private static readonly ConcurrentBag<BlockScratch> Pool = [];

    private int[] positions = [];
    private int[] again = [];
    private byte[]? room;
    private byte[]? before;
    private byte[]? after;

    public BlockCoder Coder { get; } = new();

    public byte[] Encoded { get; } = new byte[BlockCoder.MaxEncoded];

    public byte[] Before => before ??= new byte[Blocks.Size];

    public byte[] After => after ??= new byte[Blocks.Size];

    public byte[] Room => room ??= new byte[BlockCoder.Room];

    /// <summary>The tensor of the current block.</summary>
    public int Tensor { get; set; }

    /// <summary>The number of the current block.</summary>
    public long Block { get; set; }

    /// <summary>The number of changed units.</summary>
    public int Count { get; set; }

    /// <summary>Bytes in <see cref="Room"/> after encoding.</summary>
    public int Length { get; set; }

    /// <summary>The number of these bytes that encode positions.</summary>
    public int PositionLength { get; set; }

    /// <inheritdoc/>
    public bool IsSmall => Count < 1024;

    public static BlockScratch Rent() => Pool.TryTake(out var scratch) ? scratch : new BlockScratch();

    /// <summary>Space for the positions of a block.</summary>
    public int[] PositionsFor(int count) => positions = positions.Length < count ? new int[count] : positions;

    /// <summary>Space for the same positions, decoded again.</summary>
    public Span<int> Again(int count)
    {
        again = again.Length < count ? new int[count] : again;
        return again.AsSpan(0, count);
    }

    public void Return()
    {
        if (Pool.Count < Kept)
        {
            Pool.Add(this);
        }
    }
}
