using FishCheckpoint.Codec;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

/// <summary>
/// The compression libraries work on bare memory: hostile bytes must not lead them out of the buffers that they were given.
/// </summary>
public sealed class CompressorMemoryTests : IDisposable
{
    private const int Longest = 4096;

    private readonly GuardedMemory source = new(Longest);
    private readonly GuardedMemory destination = new(Longest);

    public void Dispose()
    {
        source.Dispose();
        destination.Dispose();
    }

    [Theory]
    [InlineData(Compression.Lz4)]
    [InlineData(Compression.Zstd)]
    public void Decompress_MutatedBytes_StayInTheirBuffers(Compression compression) => Try(compression, seed: 1, rounds: 20_000);

    [Theory]
    [Trait("Category", "Nightly")]
    [InlineData(Compression.Lz4)]
    [InlineData(Compression.Zstd)]
    public void Decompress_ManyMutatedBytes_StayInTheirBuffers(Compression compression)
    {
        var seed = Random.Shared.Next();

        // Not by the test's own output: what this looks for ends the process.
        Console.Error.WriteLine($"{nameof(Decompress_ManyMutatedBytes_StayInTheirBuffers)}: {compression}, seed {seed}");
        Try(compression, seed, rounds: 5_000_000);
    }

    private void Try(Compression compression, int seed, int rounds)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "Pages are protected by mprotect.");
        var random = new Random(seed);
        var encodings = Enumerable.Range(0, 64).Select(_ => Encode(compression, random)).ToArray();
        var refused = 0;
        for (var round = 0; round < rounds; round++)
        {
            var (encoded, length) = encodings[random.Next(encodings.Length)];
            var bytes = Mutate(encoded, random);
            var room = random.Next(3) switch { 0 => random.Next(length + 1), 1 => random.Next(Longest + 1), _ => length };
            var early = random.Next(4) == 0;
            var from = early ? source.AtTheStart(bytes.Length) : source.AtTheEnd(bytes.Length);
            bytes.CopyTo(from);
            var to = early ? destination.AtTheStart(room) : destination.AtTheEnd(room);
            var decoded = compression == Compression.Lz4 ? Lz4.TryDecompress(from, to, out var written)
                : Zstd.TryDecompress(from, to, out written);
            Assert.True(!decoded || written <= room);
            refused += decoded ? 0 : 1;
        }

        // Some get through, as a changed literal does, and most do not.
        Assert.InRange(refused, rounds / 20, rounds - 1);
    }

    private static (byte[] Encoded, int Length) Encode(Compression compression, Random random)
    {
        var content = new byte[random.Next(30, Longest)];
        var (alphabet, run) = (1 << random.Next(1, 7), random.Next(1, 40));
        for (var index = 0; index < content.Length; index++)
        {
            content[index] = index >= run && random.Next(3) > 0 ? content[index - run] : (byte)random.Next(alphabet);
        }

        var encoded = new byte[content.Length * 2];
        var fits = compression == Compression.Lz4 ? Lz4.TryCompress(content, encoded, random.Next(1, 13), out var written)
            : random.Next(4) == 0 ? Zstd.TryCompressLiterals(content, encoded, out written)
            : Zstd.TryCompress(content, encoded, random.Next(1, 20), out written);
        Assert.True(fits);
        return (encoded[..written], content.Length);
    }

    private static byte[] Mutate(byte[] encoded, Random random)
    {
        var bytes = encoded.AsSpan(0, random.Next(4) == 0 ? random.Next(encoded.Length + 1) : encoded.Length).ToArray();
        for (var change = random.Next(4); change > 0 && bytes.Length > 0; change--)
        {
            bytes[random.Next(Math.Min(bytes.Length, random.Next(2) == 0 ? 24 : bytes.Length))] = random.Next(3) switch
            {
                0 => byte.MaxValue, 1 => 0, _ => (byte)random.Next(256),
            };
        }

        return bytes.Length <= Longest ? bytes : bytes[..Longest];
    }
}
