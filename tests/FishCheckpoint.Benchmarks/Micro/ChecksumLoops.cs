using System.IO.Hashing;
using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Micro;

/// <summary>Checksums of 64 MiB, out of the caches; beside copying them.</summary>
public class ChecksumLoops
{
    public const int BytesPerPass = 64 << 20;

    private readonly byte[] bytes = new byte[BytesPerPass];
    private readonly byte[] target = new byte[BytesPerPass];

    [GlobalSetup]
    public void Fill() => new Random(1).NextBytes(bytes);

    [Benchmark(Baseline = true, Description = "copy")]
    public void Copy() => bytes.AsSpan().CopyTo(target);

    [Benchmark(Description = "CRC-32C")]
    public uint Crc() => Crc32C.Compute(bytes);

    [Benchmark(Description = "CRC-32C (System.IO.Hashing)")]
    public uint LibraryCrc() => Crc32.HashToUInt32(Crc32ParameterSet.Crc32C, bytes);

    [Benchmark(Description = "CRC-32C of 1 MiB, 64 times")]
    public uint BlockCrc() => OfBlocks(Crc32C.Compute);

    [Benchmark(Description = "CRC-32C of 1 MiB, 64 times (System.IO.Hashing)")]
    public uint LibraryBlockCrc() => OfBlocks(block => Crc32.HashToUInt32(Crc32ParameterSet.Crc32C, block));

    [Benchmark(Description = "SHA-256 (the framework's)")]
    public byte[] Sha() => SHA256.HashData(bytes);

    // The same block each time, so that the caches hold it, as where a block is compared right after it was read.
    private uint OfBlocks(Func<ReadOnlySpan<byte>, uint> checksum)
    {
        var crc = 0u;
        for (var block = 0; block < BytesPerPass; block += Blocks.Size)
        {
            crc ^= checksum(bytes.AsSpan(0, Blocks.Size));
        }

        return crc;
    }
}
