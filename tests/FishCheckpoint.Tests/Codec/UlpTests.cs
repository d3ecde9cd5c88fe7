using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

public sealed class UlpTests
{
    public static TheoryData<DType> AllTypes => [.. DTypes.All];

    [Theory]
    [MemberData(nameof(AllTypes))]
    public void Go_AnyTwoBitPatterns_IsTheMirrorOfDistances(DType type) => Properties.ForSeeds(50, random =>
    {
        var length = random.Next(1, 100) * DTypes.UnitSizeOf(type);
        var (from, to) = (new byte[length], new byte[length]);
        random.NextBytes(from);
        random.NextBytes(to);
        var (distances, again) = (new byte[length], new byte[length]);
        Ulp.Distances(type, from, to, distances);
        Ulp.Apply(type, from, distances, again);
        Assert.Equal(to, again);

        // In the place of either side too, as coders use it.
        Ulp.Apply(type, from, distances, distances);
        Assert.Equal(to, distances);
        Ulp.Distances(type, from, to, to);
        Ulp.Apply(type, from, to, from);
        Assert.Equal(again, from);
    });

    [Fact]
    public void Distances_OfFloats_CountTheNumbersBetween()
    {
        AssertDistance(0, 1f, 1f);
        AssertDistance(2, 1f, MathF.BitIncrement(1f));
        AssertDistance(1, 1f, MathF.BitDecrement(1f));
        AssertDistance(2, -0f, 0f);
        AssertDistance(4, -0f, float.Epsilon);
        AssertDistance(1, float.PositiveInfinity, float.MaxValue);
        AssertDistance(2, -2f, MathF.BitIncrement(-2f));
    }

    [Fact]
    public void Distances_OfHalvesAtEveryStep_AreOfTheIntegersInTheOrderOfValues()
    {
        var finite = Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits)
            .Where(bits => Half.IsFinite(BitConverter.UInt16BitsToHalf(bits)));
        var ordered = finite.OrderBy(bits => (double)BitConverter.UInt16BitsToHalf(bits)).ThenBy(bits => bits == 0 ? 1 : 0).ToArray();
        for (var index = 1; index < ordered.Length; index++)
        {
            var distance = new byte[2];
            Ulp.Distances(DType.F16, BitConverter.GetBytes(ordered[index - 1]), BitConverter.GetBytes(ordered[index]), distance);
            Assert.Equal(2, BitConverter.ToUInt16(distance));
        }
    }

    [Fact]
    public void Extrapolate_GoesOnHalfAsFar()
    {
        var prediction = new byte[4];
        Ulp.Extrapolate(DType.F32, BitConverter.GetBytes(1f), BitConverter.GetBytes(MathF.BitIncrement(MathF.BitIncrement(1f))), 2,
            prediction);
        Assert.Equal(MathF.BitIncrement(MathF.BitIncrement(MathF.BitIncrement(1f))), BitConverter.ToSingle(prediction));
    }

    private static void AssertDistance(uint expected, float from, float to)
    {
        var distance = new byte[4];
        Ulp.Distances(DType.F32, BitConverter.GetBytes(from), BitConverter.GetBytes(to), distance);
        Assert.Equal(expected, BitConverter.ToUInt32(distance));
    }
}
