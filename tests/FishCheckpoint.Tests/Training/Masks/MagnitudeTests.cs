using System.Runtime.InteropServices;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class MagnitudeTests
{
    private static readonly float[] Values = [0.5f, -3, 0, -0f, 2, -1.5f, 1];

    public static TheoryData<DType> Types => [DType.F32, DType.F16, DType.BF16];

    [Theory]
    [MemberData(nameof(Types))]
    public void Magnitude_EveryDtype_TakesTheLargestAbsoluteValues(DType type)
    {
        var layout = MaskBudgetTests.Layout(("a", type, 7), ("b", type, 7));
        byte[][] bytes = [Encode(type, Values), Encode(type, [.. Values.Select(value => value / 4)])];

        var mask = MaskSelection.Magnitude(layout, tensor => bytes[tensor], new MaskRule { Ratio = 0.5 });

        Assert.Equal([(0, 0L), (0, 1L), (0, 4L), (0, 5L), (0, 6L), (1, 1L), (1, 4L)], mask.Flat());
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Of_EveryDtype_IsTheAbsoluteValue(DType type)
    {
        var bytes = Encode(type, [.. Values, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 65504]);
        var layout = MaskBudgetTests.Layout(("w", type, 11));

        Assert.Equal(
            [0.5f, 3, 0, 0, 2, 1.5f, 1, float.PositiveInfinity, float.PositiveInfinity, float.NaN, type == DType.BF16 ? 65536 : 65504],
            new Magnitudes(layout, _ => bytes).Of(0).ToArray());
    }

    [Fact]
    public void Magnitude_ValueThatIsNoNumber_IsRefusedByTensor() =>
        Assert.Equal("w", Refused.With(ErrorCode.RequestInvalid, () => MaskSelection.Magnitude(
        MaskBudgetTests.Layout(("w", DType.F32, 1)), _ => Encode(DType.F32, [-float.NaN]), new MaskRule())).Key);

    [Fact]
    public void Magnitude_OtherDtype_IsRefusedUnlessItDoesNotCompete()
    {
        var layout = MaskBudgetTests.Layout(("scales", DType.F64, 4), ("w", DType.F32, 4));

        Refused.With(ErrorCode.DtypeMismatch, () => MaskSelection.Magnitude(layout, _ => new byte[32], new MaskRule()));
        Assert.Equal(6, MaskSelection.Magnitude(
            layout, _ => new byte[16], new MaskRule { Ratio = 0.75, AlwaysTrained = MaskRule.Named("scales") }).Count);
        Assert.Throws<ArgumentException>(
            () => MaskSelection.Magnitude(layout, _ => new byte[3], new MaskRule { Trainable = MaskRule.Named("w") }));
    }

    private static byte[] Encode(DType type, float[] values) => type switch
    {
        DType.F32 => MemoryMarshal.AsBytes<float>(values).ToArray(),
        DType.F16 => MemoryMarshal.AsBytes<Half>(Array.ConvertAll(values, value => (Half)value)).ToArray(),
        _ => MemoryMarshal.AsBytes<ushort>(Array.ConvertAll(values, RoundToBF16)).ToArray(),
    };

    // To the nearest, and to even between two.
    private static ushort RoundToBF16(float value) =>
        BitConverter.SingleToUInt32Bits(value) is var bits ? (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16) : default;
}
