using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

public sealed class CompressorTests
{
    public static TheoryData<Compression> All => [.. Enum.GetValues<Compression>()];

    [Theory]
    [MemberData(nameof(All))]
    public void Decompress_AnyBytes_IsTheMirrorOfCompress(Compression compression) => Properties.ForSeeds(100, random =>
    {
        var source = new byte[random.Next(3) == 0 ? random.Next(20) : random.Next(70_000)];
        var alphabet = 1 << random.Next(9);
        Array.ForEach(Enumerable.Range(0, source.Length).ToArray(), index => source[index] = (byte)random.Next(alphabet));
        var encoded = new byte[source.Length];
        var used = Compressor.Compress(compression, random.Next(1, 6), source, encoded, out var written);
        var again = new byte[source.Length];
        Compressor.Decompress(used, encoded.AsSpan(0, written), again);

        Assert.Equal(source, again);
        Assert.True(
            used == compression ? compression == Compression.Stored || written < source.Length : used == Compression.Stored
            && written == source.Length);
    });

    [Theory]
    [MemberData(nameof(All))]
    public void TryCompressPlane_AnyBytes_IsUndoneByDecompressOrWritesNothing(Compression compression) => Properties.ForSeeds(100, random =>
    {
        var (source, alphabet, most) = (new byte[random.Next(33_000)], 1 << random.Next(9), random.NextDouble());
        Array.ForEach(
            Enumerable.Range(0, source.Length).ToArray(),
            index => source[index] = random.NextDouble() < most ? (byte)3 : (byte)random.Next(alphabet));
        var (encoded, again) = (new byte[source.Length], new byte[source.Length]);
        if (Compressor.TryCompressPlane(compression, random.Next(1, 4), source, encoded, out var written))
        {
            Assert.InRange(written, 1, source.Length - 1);
            Compressor.Decompress(compression, encoded.AsSpan(0, written), again);
            Assert.Equal(source, again);
        }
        else
        {
            Assert.True(
                compression == Compression.Stored || source.Length < 1000 || alphabet > (compression == Compression.Lz4 ? 2 : 32),
                "Bytes that shrink were left as they are.");
        }
    });

    [Fact]
    public void Compress_ByEveryCompression_LoadsNoLibraryOfTheSystem()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux lists the files that a process has mapped.");
        foreach (var compression in Enum.GetValues<Compression>())
        {
            var (source, encoded) = (new byte[1000], new byte[1000]);
            var used = Compressor.Compress(compression, 1, source, encoded, out var written);
            Compressor.Decompress(used, encoded.AsSpan(0, written), source);
        }

        Assert.DoesNotMatch("lib(lz4|zstd)", File.ReadAllText("/proc/self/maps"));
    }

    [Theory]
    [InlineData(Compression.Lz4, 12)]
    [InlineData(Compression.Zstd, 19)]
    [InlineData(Compression.Brotli, 11)]
    public void Compress_AtAHigherLevel_TakesFewerBytesAndIsReadTheSame(Compression compression, int highest)
    {
        var source = Enumerable.Range(0, 60_000).Select(index => (byte)(index * index / 100 % 23)).ToArray();
        var (low, high, again) = (new byte[source.Length], new byte[source.Length], new byte[source.Length]);
        Compressor.Compress(compression, 1, source, low, out var lowest);
        var fewest = 0;
        foreach (var level in new[] { highest, highest + 1, 100 })
        {
            Assert.Equal(compression, Compressor.Compress(compression, level, source, high, out var written));
            Assert.True(written < lowest, $"{written} bytes at level {level}, {lowest} at level 1.");
            Assert.Equal(written, fewest = fewest == 0 ? written : fewest);
            Compressor.Decompress(compression, high.AsSpan(0, written), again);
            Assert.Equal(source, again);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Compress_EmptySource_IsStored(Compression compression)
    {
        Assert.Equal(Compression.Stored, Compressor.Compress(compression, 1, [], [], out var written));
        Assert.Equal(0, written);
        Assert.Equal(Compression.Stored, Compressor.Compress(compression, 1, [7], new byte[1], out written));
        Assert.Equal(1, written);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Decompress_OtherLengthThanDeclared_IsCorrupt(Compression compression)
    {
        var encoded = Encode(compression, new byte[1000], out var source);

        foreach (var declared in new[] { 0, 1, 999, 1001, 100_000 })
        {
            Refused.With(ErrorCode.CorruptFrame, () => Compressor.Decompress(compression, encoded, new byte[declared]));
        }

        var whole = new byte[1000];
        Compressor.Decompress(compression, encoded, whole);
        Assert.Equal(source, whole);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Decompress_EmptySource_IsNothingOrCorrupt(Compression compression)
    {
        Refused.With(ErrorCode.CorruptFrame, () => Compressor.Decompress(compression, [], new byte[5]));
        Assert.Equal(
            compression is Compression.Stored or Compression.Zstd,
            Record.Exception(() => Compressor.Decompress(compression, [], [])) is null);
        Assert.Null(Record.Exception(() => Compressor.Decompress(Compression.Stored, [], [])));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Decompress_Bomb_WritesNothingPastItsDeclaredLength(Compression compression)
    {
        var encoded = Encode(compression, new byte[1 << 20], out _);
        var room = new byte[100];
        room.AsSpan().Fill(0xAA);

        Refused.With(ErrorCode.CorruptFrame, () => Compressor.Decompress(compression, encoded, room.AsSpan(0, 50)));
        Assert.Equal(-1, room.AsSpan(50).IndexOfAnyExcept((byte)0xAA));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Decompress_Garbage_IsCorruptOrOfTheDeclaredLength(Compression compression) => Properties.ForSeeds(300, random =>
    {
        var source = new byte[random.Next(60)];
        random.NextBytes(source);
        var error = Record.Exception(() => Compressor.Decompress(compression, source, new byte[random.Next(200)]));

        Assert.True(error is null or FishException { Code: ErrorCode.CorruptFrame }, error?.ToString());
    });

    [Fact]
    public void Decompress_UnknownCompression_IsCorrupt() =>
        Refused.With(ErrorCode.CorruptFrame, () => Compressor.Decompress((Compression)9, [1], new byte[1]));

    private static byte[] Encode(Compression compression, byte[] source, out byte[] same)
    {
        same = source;
        var encoded = new byte[source.Length];
        Assert.Equal(compression, Compressor.Compress(compression, 1, source, encoded, out var written));
        return encoded[..written];
    }
}
