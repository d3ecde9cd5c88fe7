using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Tests.Checkpoints;

public sealed class RetentionPlanTests
{
    private static readonly Dictionary<long, double?> Steps = new()
    {
        [1] = 0.5, [2] = 0.9, [3] = null, [4] = 0.9, [5] = double.NaN, [6] = 0.1, [7] = 0.7,
    };

    [Fact]
    public void Removable_NoRule_KeepsAll() =>
        Assert.Empty(RetentionPlan.Removable(Steps, new Retention(Monitor: "accuracy")));

    [Fact]
    public void Removable_NoCheckpoints_IsEmpty() =>
        Assert.Empty(RetentionPlan.Removable(new Dictionary<long, double?>(), new Retention(KeepLast: 1)));

    [Theory]
    [InlineData(1, null, null, "max", new long[] { 1, 2, 3, 5, 6 })]
    [InlineData(3, null, null, "max", new long[] { 1, 2, 3 })]
    [InlineData(null, 3L, null, "max", new long[] { 1, 2, 5 })]
    [InlineData(null, null, 2, "max", new long[] { 1, 3, 5, 6 })]
    [InlineData(null, null, 3, "min", new long[] { 2, 3, 4, 5 })]
    [InlineData(2, 2L, 1, "min", new long[] { 1, 3, 5 })]
    public void Removable_Rules_KeepTheLatestTheBestAndWhatTheySay(int? last, long? every, int? best, string mode, long[] removable) =>
        Assert.Equal(removable, RetentionPlan.Removable(Steps, new Retention(last, every, best, "accuracy", mode)));

    [Fact]
    public void Removable_NothingMonitored_KeepsNoBest() =>
        Assert.Equal([1L, 2, 3, 4, 5], RetentionPlan.Removable(Steps, new Retention(KeepLast: 2)));
}
