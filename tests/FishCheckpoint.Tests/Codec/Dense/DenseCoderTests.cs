using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec.Dense;

public sealed class DenseCoderTests
{
    private readonly UnitCoder coder = new();

    public static TheoryData<DType> AllTypes => [.. DTypes.All];

    [Theory]
    [MemberData(nameof(AllTypes))]
    public void Decode_AnyUnits_IsTheMirrorOfEncode(DType type) => Properties.ForSeeds(15, random =>
    {
        foreach (var units in Drawn.All(type,
            random.Next(1, 4) switch { 1 => random.Next(20), 2 => random.Next(1000), _ => random.Next(30_000) }, random))
        {
            Assert.InRange(AssertMirror(type, units), 0, units.Length + new WordRule(type).Size);
        }
    });

    [Theory]
    [InlineData(DType.BF16, 0.64, 0.67)]
    [InlineData(DType.F16, 0.82, 0.86)]
    [InlineData(DType.F32, 0.82, 0.84)]
    [InlineData(DType.F64, 0.86, 0.89)]
    [InlineData(DType.C64, 0.82, 0.84)]
    public void Encode_DrawnWeights_TakeWhatTheirExponentsLeave(DType type, double least, double most)
    {
        var units = Drawn.Weights(type, FishCheckpoint.Tensors.Blocks.Size / DTypes.UnitSizeOf(type), new Random(3));
        var length = AssertMirror(type, units);
        Assert.InRange((double)length / units.Length, least, most);
        Assert.InRange(coder.Estimate(type, units), length * 0.98, length * 1.02);
    }

    [Fact]
    public void Encode_RepeatedRows_AreFoundByACompressor()
    {
        var row = Drawn.Weights(DType.BF16, 500, new Random(3));
        Assert.InRange(AssertMirror(DType.BF16, [.. Enumerable.Repeat(row, 200).SelectMany(units => units)]), 1, 4000);
    }

    [Fact]
    public void Encode_OneValue_TakesABytePerPlane() => Assert.Equal(8, AssertMirror(DType.F32, new byte[4000]));

    [Fact]
    public void Decode_AnyFlippedByteOrEnd_IsRefusedOrOtherUnits()
    {
        foreach (var units in Drawn.All(DType.BF16, 400, new Random(4)).Append(Drawn.Weights(DType.F8E4M3, 3000, new Random(4))))
        {
            var encoded = Encode(DType.BF16, units);
            for (var place = 0; place < encoded.Length; place++)
            {
                foreach (var flip in (byte[])[1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0xFF])
                {
                    var damaged = encoded.ToArray();
                    damaged[place] ^= flip;
                    TryDecode(damaged, units.Length);
                }

                // Shorter by anything it is never whole.
                Refused.With(ErrorCode.CorruptFrame, () => coder.Decode(encoded.AsSpan(0, place), DType.BF16, new byte[units.Length]));
            }

            Refused.With(ErrorCode.CorruptFrame, () => coder.Decode([.. encoded, 0], DType.BF16, new byte[units.Length]));
        }
    }

    [Fact]
    public void Decode_AnyBytes_IsRefusedOrUnits() => Properties.ForSeeds(500, random =>
    {
        var bytes = new byte[random.Next(200)];
        random.NextBytes(bytes);
        if (bytes.Length > 0)
        {
            bytes[0] = (byte)random.Next(7);
        }

        TryDecode(bytes, random.Next(200) * 2);
    });

    private void TryDecode(byte[] encoded, int length)
    {
        try
        {
            coder.Decode(encoded, DType.BF16, new byte[length]);
        }
        catch (FishException error)
        {
            Assert.True(error.Code is ErrorCode.CorruptFrame, error.Message);
        }
    }

    private int AssertMirror(DType type, byte[] units)
    {
        var (encoded, again) = (Encode(type, units), new byte[units.Length]);
        coder.Decode(encoded, type, again);
        Assert.Equal(units, again);
        return encoded.Length;
    }

    private byte[] Encode(DType type, byte[] units)
    {
        var encoded = new byte[units.Length + UnitCoder.Overhead];
        return encoded[..coder.Encode(type, units, encoded)];
    }
}
