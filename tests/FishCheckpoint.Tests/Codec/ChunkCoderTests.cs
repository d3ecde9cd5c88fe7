using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

public sealed class ChunkCoderTests
{
    private readonly ChunkCoder coder = new();
    private readonly byte[] encoded = new byte[ChunkCoder.MaxEncoded];

    public static TheoryData<Compression> All => [.. Enum.GetValues<Compression>()];

    public static TheoryData<Compression, int> AllUnits => new(
        Enum.GetValues<Compression>().SelectMany(compression => new[] { 1, 2, 4, 8 }.Select(unit => (compression, unit))));

    [Theory]
    [MemberData(nameof(All))]
    public void DecodePositions_AnyPositions_IsTheMirrorOfEncode(Compression compression) => Properties.ForSeeds(60, random =>
    {
        var limit = 1L << random.Next(1, 61);
        var positions = Properties.Positions(random, (int)Math.Min(limit, random.Next(1, 2000)), limit);
        AssertPositions(positions, compression);
    });

    [Theory]
    [MemberData(nameof(All))]
    public void DecodePositions_FullChunk_IsTheMirrorOfEncode(Compression compression)
    {
        AssertPositions([.. Enumerable.Range(0, DeltaChunk.Capacity).Select(index => (long)index)], compression);
        AssertPositions([.. Enumerable.Range(0, DeltaChunk.Capacity).Select(index => index * (1L << 45))], compression);
        AssertPositions(
            [.. Enumerable.Range(0, DeltaChunk.Capacity).Select(index => long.MaxValue - DeltaChunk.Capacity + index)], compression);
    }

    [Theory]
    [InlineData(new long[] { 0 })]
    [InlineData(new[] { long.MaxValue })]
    [InlineData(new[] { 0, long.MaxValue })]
    [InlineData(new[] { 0, 1, long.MaxValue - 1, long.MaxValue })]
    public void DecodePositions_HugeGap_IsTheMirrorOfEncode(long[] positions) => AssertPositions(positions, Compression.Stored);

    [Theory]
    [MemberData(nameof(AllUnits))]
    public void DecodeValues_AnyValues_IsTheMirrorOfEncode(Compression compression, int unitSize)
    {
        var random = new Random(unitSize);
        foreach (var count in new[] { 1, 2, 7, 255, 4096, DeltaChunk.Capacity })
        {
            var values = new byte[count * unitSize];
            AssertValues(values, unitSize, compression, ValueMap.Xor); // constant
            random.NextBytes(values);
            AssertValues(values, unitSize, compression, ValueMap.Plain); // incompressible
            values.AsSpan(values.Length / 2).Clear();
            AssertValues(values, unitSize, compression, ValueMap.Xor); // both
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void DecodeBytes_AnyBytes_IsTheMirrorOfEncode(Compression compression)
    {
        var bytes = new byte[ChunkIndex.BytesPerChunk];
        foreach (var random in new[] { false, true })
        {
            if (random)
            {
                new Random(1).NextBytes(bytes);
            }

            var length = ChunkCoder.EncodeBytes(bytes, new CodecOptions(compression, compression) { Effort = CodecEffort.Runs }, encoded);
            var again = new byte[bytes.Length];
            ChunkCoder.DecodeBytes(encoded.AsSpan(0, length), again);
            Assert.Equal(bytes, again);
        }
    }

    [Fact]
    public void DecodePositions_DeclaredLengthBeyondWhatCanBe_IsTooLargeBeforeDecoding()
    {
        // Nine gaps have at most 90 bytes; the run declares 91, and then the most that a varint can say.
        Refused.With(ErrorCode.FrameTooLarge, () => coder.DecodePositions([2, 1, 91, 0], 0, 9, new long[10]));
        Refused.With(ErrorCode.FrameTooLarge, () => coder.DecodePositions(
            [2, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0], 0, 9, new long[10]));
    }

    [Theory]
    [InlineData("")] // nothing
    [InlineData("04010101")] // an unknown compression
    [InlineData("FF010101")]
    [InlineData("00")] // no length
    [InlineData("0002")] // no decoded length
    [InlineData("000202")] // no bytes
    [InlineData("00020200")] // a byte short
    [InlineData("0002010000")] // stored, but declared shorter
    [InlineData("0002030000")] // stored, but declared longer
    [InlineData("0002020000FF")] // bytes left over
    [InlineData("000303000000")] // gaps left over
    [InlineData("00010100")] // gaps missing
    [InlineData("0002020001")] // past the last position
    [InlineData("0002020080")] // a gap cut short
    [InlineData("00FFFFFFFFFFFFFFFFFF0102")] // an encoded length that no chunk has
    [InlineData("000B0BFFFFFFFFFFFFFFFFFF0100")] // a gap of 2^64 - 1
    [InlineData("000A0AFFFFFFFFFFFFFFFF7F00")] // a gap of 2^63 - 1
    public void DecodePositions_BytesThatCannotBe_IsCorrupt(string hex) =>
        Refused.With(ErrorCode.CorruptFrame, () => coder.DecodePositions(Convert.FromHexString(hex), 5, 7, new long[3]));

    [Theory]
    [InlineData("")]
    [InlineData("02000100000100")] // an unknown map
    [InlineData("00")] // no plane
    [InlineData("00000100")] // one plane of two
    [InlineData("0000010000010000")] // bytes left over
    [InlineData("0004010000010000")] // an unknown compression
    [InlineData("00000200000001")] // a plane longer than its values
    [InlineData("0000FF01000100")] // longer than the chunk
    public void DecodeValues_BytesThatCannotBe_IsCorrupt(string hex) =>
        Refused.With(ErrorCode.CorruptFrame, () => coder.DecodeValues(Convert.FromHexString(hex), 2, new byte[2]));

    [Fact]
    public void DecodeBytes_BytesLeftOver_IsCorrupt() =>
        Refused.With(ErrorCode.CorruptFrame, () => ChunkCoder.DecodeBytes([0, 1, 7, 8], new byte[1]));

    [Fact]
    public void Decode_Garbage_ThrowsNothingElse() => Properties.ForSeeds(2000, random =>
    {
        var bytes = new byte[random.Next(50)];
        random.NextBytes(bytes);
        if (bytes.Length > 0 && random.Next(4) > 0)
        {
            bytes[0] = (byte)random.Next(8);
        }

        var (count, unit) = (random.Next(1, 40), 1 << random.Next(4));
        AssertFish(() => coder.DecodePositions(bytes, 0, count + random.Next(100), new long[count]));
        AssertFish(() => coder.DecodeValues(bytes, unit, new byte[count * unit]));
        AssertFish(() => ChunkCoder.DecodeBytes(bytes, new byte[count]));
    });

    private static void AssertFish(Action action) => Assert.True(Record.Exception(action) is null or FishException);

    private void AssertPositions(long[] positions, Compression compression)
    {
        foreach (var effort in Enum.GetValues<CodecEffort>())
        {
            var length = coder.EncodePositions(
                positions, new CodecOptions(compression, compression) { Effort = effort }, encoded, rowLength: 1 + (positions[^1] / 7));
            var again = new long[positions.Length];
            coder.DecodePositions(encoded.AsSpan(0, length), positions[0], positions[^1], again);
            Assert.Equal(positions, again);
            Assert.InRange(length, 1, (positions.Length * Varint.MaxLength) + 64);
        }
    }

    private void AssertValues(byte[] values, int unitSize, Compression compression, ValueMap map)
    {
        foreach (var (effort, used) in
            Enum.GetValues<CodecEffort>().SelectMany(effort => new[] { (effort, map), (effort, ValueMap.Distance) }))
        {
            var length = coder.EncodeValues(
                used, values, unitSize, new CodecOptions(compression, compression) { Effort = effort }, encoded);
            var again = new byte[values.Length];
            Assert.Equal(used, coder.DecodeValues(encoded.AsSpan(0, length), unitSize, again));
            Assert.Equal(values, again);
            Assert.InRange(length, 1, values.Length + 64);
        }
    }
}
