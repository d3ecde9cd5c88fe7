using System.Collections.Concurrent;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>The working memory of whoever codes a block, some 20 MiB when it has seen the largest, used again by the next one.</summary>
internal sealed class BlockScratch : IPipelined<BlockScratch>
{
    // One for each core, and one for each of a few saves that wait for their disk.
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

    /// <summary>The tensor of the block that is held.</summary>
    public int Tensor { get; set; }

    /// <summary>Its number.</summary>
    public long Block { get; set; }

    /// <summary>How many of its units have changed.</summary>
    public int Count { get; set; }

    /// <summary>Bytes of <see cref="Room"/>, once it is encoded.</summary>
    public int Length { get; set; }

    /// <summary>How many of them tell positions.</summary>
    public int PositionLength { get; set; }

    /// <inheritdoc/>
    public bool IsSmall => Count < 1024;

    public static BlockScratch Rent() => Pool.TryTake(out var scratch) ? scratch : new BlockScratch();

    /// <summary>Room for positions of a block.</summary>
    public int[] PositionsFor(int count) => positions = positions.Length < count ? new int[count] : positions;

    /// <summary>Room for the same positions, decoded again.</summary>
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
