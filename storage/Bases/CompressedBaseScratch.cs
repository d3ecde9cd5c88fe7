using System.Collections.Concurrent;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Bases;

/// <summary>
/// Pooled working memory for coding a base's blocks, about 3 MiB to read. Many readers share it, since few decode at the same time.
/// </summary>
internal sealed class CompressedBaseScratch
{
    private static readonly int Kept = Environment.ProcessorCount + 2;

    private static readonly ConcurrentBag<CompressedBaseScratch> Pool = [];

    private byte[]? plain;
    private byte[]? again;

    public UnitCoder Coder { get; } = new();

    public byte[] Encoded { get; } = new byte[Blocks.Size + UnitCoder.Overhead];

    public byte[] Plain => plain ??= new byte[Blocks.Size];

    public byte[] Again => again ??= new byte[Blocks.Size];

    public static CompressedBaseScratch Rent() => Pool.TryTake(out var scratch) ? scratch : new CompressedBaseScratch();

    public void Return()
    {
        if (Pool.Count < Kept)
        {
            Pool.Add(this);
        }
    }
}
