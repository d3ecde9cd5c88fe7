using System.Collections.Concurrent;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Bases;

/// <summary>The working memory of whoever codes a base's block, some 3 MiB to read, used again by the next one: many readers, few that
/// decode at once.</summary>
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
