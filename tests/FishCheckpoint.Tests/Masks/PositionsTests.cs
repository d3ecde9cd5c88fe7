using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Masks;

public sealed class PositionsTests
{
    private static readonly TensorInfo Tensor = new("w", DType.F32, [2, 5]);

    [Theory]
    [InlineData(new long[0])]
    [InlineData(new long[] { 0 })]
    [InlineData(new long[] { 9 })]
    [InlineData(new long[] { 0, 1, 5, 9 })]
    public void Check_AscendingInside_Passes(long[] positions) => Positions.Check(positions, Tensor);

    [Theory]
    [InlineData(new long[] { 1, 0 }, ErrorCode.IndexUnsorted)]
    [InlineData(new long[] { 0, 5, 4 }, ErrorCode.IndexUnsorted)]
    [InlineData(new long[] { 3, 3 }, ErrorCode.IndexRepeated)]
    [InlineData(new long[] { 10 }, ErrorCode.IndexOutOfRange)]
    [InlineData(new long[] { -1 }, ErrorCode.IndexOutOfRange)]
    [InlineData(new long[] { 3, -1 }, ErrorCode.IndexOutOfRange)]
    [InlineData(new long[] { 3, long.MaxValue }, ErrorCode.IndexOutOfRange)]
    [InlineData(new long[] { long.MinValue }, ErrorCode.IndexOutOfRange)]
    public void Check_RuleBroken_HasItsCode(long[] positions, ErrorCode code) =>
        Assert.Equal("w", Refused.With(code, () => Positions.Check(positions, Tensor)).Key);

    [Fact]
    public void Check_ManyPositions_FindsTheOneThatBreaksTheRuleWhereverItStands()
    {
        var wide = new TensorInfo("w", DType.F32, [1000]);
        long[] positions = [.. Enumerable.Range(0, 37).Select(index => index * 20L)];
        Positions.Check(positions, wide);
        for (var place = 1; place < positions.Length; place++)
        {
            foreach (var (wrong, code) in new[]
            {
                (positions[place - 1], ErrorCode.IndexRepeated),
                    (positions[place - 1] - 1, place == 1 ? ErrorCode.IndexOutOfRange : ErrorCode.IndexUnsorted),
                (1000L, ErrorCode.IndexOutOfRange),
            })
            {
                var changed = positions.ToArray();
                changed[place] = wrong;
                Refused.With(code, () => Positions.Check(changed, wide));
            }
        }
    }

    [Fact]
    public void Check_LaterRun_FollowsThePositionBefore()
    {
        Positions.Check([4], Tensor, previous: 3);
        Refused.With(ErrorCode.IndexRepeated, () => Positions.Check([3], Tensor, previous: 3));
        Refused.With(ErrorCode.IndexUnsorted, () => Positions.Check([2], Tensor, previous: 3));
    }

    [Fact]
    public void Check_EmptyTensor_HasNoPosition() =>
        Refused.With(ErrorCode.IndexOutOfRange, () => Positions.Check([0], new TensorInfo("e", DType.F32, [0])));

    [Fact]
    public void Check_PackedType_CountsBytes()
    {
        var tensor = new TensorInfo("p", DType.F4, [8]);

        Positions.Check([3], tensor);
        Refused.With(ErrorCode.IndexOutOfRange, () => Positions.Check([4], tensor));
    }
}
