using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using FishCheckpoint.Codec;

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

    [Benchmark(Description = "SHA-256 (the framework's)")]
    public byte[] Sha() => SHA256.HashData(bytes);
}
