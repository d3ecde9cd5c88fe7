using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Codec.Dense;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec.BlockCoding;

public sealed class BlockCoderTests
{
    private readonly BlockCoder coder = new();

    public static TheoryData<DType> AllTypes => [.. DTypes.All];

    [Theory]
    [MemberData(nameof(AllTypes))]
    public void Decode_AnyBits_IsTheMirrorOfEncode(DType type) => Properties.ForSeeds(40, random =>
    {
        var unit = DTypes.UnitSizeOf(type);
        var units = random.Next(1, 5000);
        var parent = new byte[units * unit];
        random.NextBytes(parent);
        AssertMirror(type, parent, Draw(random, units, random.NextDouble()), random);
        AssertMirror(type, parent, [.. Enumerable.Range(0, units)], random);
        AssertMirror(type, new byte[units * unit], [random.Next(units)], random);
    });

    [Theory]
    [InlineData(DType.BF16)]
    [InlineData(DType.F32)]
    [InlineData(DType.U8)]
    public void Decode_WholeBlock_IsTheMirrorOfEncode(DType type)
    {
        var random = new Random(5);
        var parent = new byte[FishCheckpoint.Tensors.Blocks.Size];
        random.NextBytes(parent);
        AssertMirror(type, parent, Draw(random, parent.Length / DTypes.UnitSizeOf(type), 0.07), random);
    }

    [Theory]
    [InlineData(CodecEffort.Fast)]
    [InlineData(CodecEffort.Small)]
    public void Encode_HeadOfNewValues_TakesNoMoreThanItsExponentsLeave(CodecEffort effort)
    {
        var (parent, values) = (Drawn.Weights(DType.BF16, 100_000, new Random(1)), Drawn.Weights(DType.BF16, 100_000, new Random(2)));
        var (encoded, again, all) = (new byte[BlockCoder.Room], new int[100_000], Enumerable.Range(0, 100_000).ToArray());
        var length = coder.Encode(DType.BF16, parent, all, values, effort, encoded, out _);
        Assert.InRange(length, 1, values.Length * 67 / 100);

        coder.Decode(encoded.AsSpan(0, length), DType.BF16, parent, again);
        Assert.Equal(values, parent);
        Assert.Equal(all, again);
    }

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.3)]
    [InlineData(0.8)]
    public void Decode_EncodedBytesThatAreDamaged_GivesPositionsThatAscendOrIsRefused(double density) => Properties.ForSeeds(30, random =>
    {
        var parent = Drawn.Weights(DType.BF16, 6000, random);
        var positions = Draw(random, 6000, density).Where(position => position / 100 % 4 > 0 || density > 0.5).ToArray();
        var (values, encoded) = (new byte[2 * positions.Length], new byte[BlockCoder.Room]);
        random.NextBytes(values);
        var length = coder.Encode(
            DType.BF16, parent, positions, values, CodecEffort.Small, encoded, out var positionLength, new BlockRows(100, 0));
        encoded[3 + random.Next(positionLength - 3)] ^= (byte)(1 << random.Next(8));
        var again = new int[positions.Length];
        try
        {
            coder.Decode(encoded.AsSpan(0, random.Next(2) == 0 ? length : random.Next(length)), DType.BF16, parent, again);
            Assert.True(again.Zip(again.Skip(1)).All(pair => pair.First < pair.Second) && again[0] >= 0 && again[^1] < 6000);
        }
        catch (FishException error)
        {
            Assert.Equal(ErrorCode.CorruptFrame, error.Code);
        }
    });

    [Fact]
    public void Decode_AnyBytes_IsRefused() => Properties.ForSeeds(300, random =>
    {
        var bytes = new byte[random.Next(0, 300)];
        random.NextBytes(bytes);
        if (bytes.Length > 2)
        {
            (bytes[0], bytes[2]) = ((byte)random.Next(7), (byte)random.Next(1, 25));
        }

        try
        {
            coder.Decode(bytes, DType.BF16, new byte[2000], new int[random.Next(1, 1001)]);
        }
        catch (FishException error)
        {
            Assert.Equal(ErrorCode.CorruptFrame, error.Code);
        }
    });

    private static int[] Draw(Random random, int units, double density)
    {
        var drawn = Enumerable.Range(0, units).Where(_ => random.NextDouble() < density).ToArray();
        return drawn.Length > 0 ? drawn : [random.Next(units)];
    }

    private void AssertMirror(DType type, byte[] parent, int[] positions, Random random)
    {
        var unit = DTypes.UnitSizeOf(type);
        var values = new byte[positions.Length * unit];
        Units.Gather(parent, positions, unit, values);
        for (var index = 0; index < positions.Length; index++)
        {
            values[index * unit] += (byte)random.Next(3);
            values[((index + 1) * unit) - 1] ^= (byte)(random.Next(8) == 0 ? random.Next(256) : 0);
        }

        var encoded = new byte[BlockCoder.Room];
        var length = coder.Encode(type, parent, positions, values, CodecEffort.Small, encoded, out _);
        var expected = parent.ToArray();
        Units.Scatter(expected, positions, unit, values);

        var (block, again) = (parent.ToArray(), new int[positions.Length]);
        coder.Decode(encoded.AsSpan(0, length), type, block, again);
        Assert.Equal(positions, again);
        Assert.Equal(expected, block);
    }
}
