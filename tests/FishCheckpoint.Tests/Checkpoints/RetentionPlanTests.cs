using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using Xunit;

namespace FishCheckpoint.Tests.Checkpoints;

public sealed class RetentionPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 0, 0, 0, TimeSpan.Zero);

    // Step n was saved n days ago, counted from the end: step 7 today.
    private static readonly RetentionCandidate[] Steps =
    [
        .. new (long Step, double? Metric)[] { (1, 0.5), (2, 0.9), (3, null), (4, 0.9), (5, double.NaN), (6, 0.1), (7, 0.7) }
            .Select(pair => new RetentionCandidate(pair.Step, pair.Metric, Now.AddDays(pair.Step - 7))),
    ];

    [Fact]
    public void Decide_NoRule_KeepsAll() =>
        Assert.All(
            RetentionPlan.Decide(Steps, new Retention(Monitor: "accuracy"), Now), decision => Assert.Equal("no rule", decision.KeptBy));

    [Fact]
    public void Decide_NoCheckpoints_IsEmpty() => Assert.Empty(RetentionPlan.Decide([], new Retention(KeepLast: 1), Now));

    [Theory]
    [InlineData(1, null, null, "max", new long[] { 1, 2, 3, 5, 6 })]
    [InlineData(3, null, null, "max", new long[] { 1, 2, 3 })]
    [InlineData(null, 3L, null, "max", new long[] { 1, 2, 5 })]
    [InlineData(null, null, 2, "max", new long[] { 1, 3, 5, 6 })]
    [InlineData(null, null, 3, "min", new long[] { 2, 3, 4, 5 })]
    [InlineData(2, 2L, 1, "min", new long[] { 1, 3, 5 })]
    public void Decide_Rules_KeepTheLatestTheBestAndWhatTheySay(int? last, long? every, int? best, string mode, long[] removable) =>
        Assert.Equal(removable, Removable(new Retention(last, every, best, "accuracy", mode)));

    [Fact]
    public void Decide_NothingMonitored_KeepsNoBest() => Assert.Equal([1L, 2, 3, 4, 5], Removable(new Retention(KeepLast: 2)));

    [Fact]
    public void Decide_Within_KeepsWhatIsYounger() =>
        Assert.Equal([1L, 2, 3, 4], Removable(new Retention(KeepWithin: TimeSpan.FromDays(3))));

    [Fact]
    public void Decide_ClockThatWentBack_KeepsWhatIsOfTheFuture() =>
        Assert.DoesNotContain(
            RetentionPlan.Decide(Steps, new Retention(KeepWithin: TimeSpan.FromDays(3)), Now.AddYears(-1)),
            decision => decision.KeptBy is null);

    [Fact]
    public void Decide_TaggedAndPinned_StaysAndSaysWhy()
    {
        var steps = Steps.Select(step => step with { Tag = step.Step == 1 ? "good" : null, Pinned = step.Step == 2 }).ToArray();
        var decisions = RetentionPlan.Decide(steps, new Retention(KeepLast: 1, KeepEvery: 3), Now);
        Assert.Equal(["tag good", "pinned", "every 3", null, null, "every 3", "latest"], decisions.Select(decision => decision.KeptBy));
    }

    public static TheoryData<Retention> Impossible() =>
    [
        new Retention(KeepLast: 0), new Retention(KeepEvery: 0), new Retention(KeepEvery: -5), new Retention(KeepBest: 0, Monitor: "loss"),
        new Retention(KeepBest: 1),
        new Retention(KeepWithin: TimeSpan.Zero), new Retention(Monitor: "loss", Mode: "most"),
    ];

    [Theory]
    [MemberData(nameof(Impossible))]
    public void Checked_ThatCannotBe_IsRefused(Retention retention) =>
        Assert.Equal(ErrorCode.RequestInvalid, Assert.Throws<FishException>(retention.Validate).Code);

    private static IEnumerable<long> Removable(Retention retention) =>
        RetentionPlan.Decide(Steps, retention, Now).Where(decision => decision.KeptBy is null).Select(decision => decision.Step);
}
