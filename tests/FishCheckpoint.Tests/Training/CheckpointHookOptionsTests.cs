using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class CheckpointHookOptionsTests
{
    public static TheoryData<CheckpointHookOptions> Wrong => new(
        new CheckpointHookOptions { SaveEverySteps = -1 }, new CheckpointHookOptions { QueueCapacity = 0 },
        new CheckpointHookOptions { SaveEvery = TimeSpan.Zero }, new CheckpointHookOptions { KeepLast = 0 },
        new CheckpointHookOptions { KeepEvery = 0 },
        new CheckpointHookOptions { KeepBest = 0, Monitor = "loss" }, new CheckpointHookOptions { KeepBest = 1 },
        new CheckpointHookOptions { Mode = "least" },
        new CheckpointHookOptions { RecomputeMaskEverySaves = -1 }, new CheckpointHookOptions { RecomputeMaskEverySaves = 1 },
        new CheckpointHookOptions { LeakCheckEverySaves = -1 }, new CheckpointHookOptions { RetryDelay = TimeSpan.Zero },
        new CheckpointHookOptions { RetryFor = TimeSpan.FromSeconds(-1) },
        new CheckpointHookOptions
        {
            State = new Dictionary<string, IResumable>(StringComparer.Ordinal) { ["hook"] = new SeededRandomState() },
        });

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void Hook_OptionOutOfRangeOrAtOdds_IsRefused(CheckpointHookOptions options)
    {
        var mask = Mask.Create(MaskBudgetTests.Layout(("w", DType.F32, 1)), [new TensorMask(0, new long[] { 0 })]);

        Assert.ThrowsAny<ArgumentException>(() => new CheckpointHook(new FakeStore(), "task", mask, _ => new byte[4], options));
    }

    [Theory]
    [InlineData("layer1.0.bn1.running_mean", true)]
    [InlineData("running_var", true)]
    [InlineData("bn.num_batches_tracked", true)]
    [InlineData("bn.weight", false)]
    [InlineData("not_running_mean", false)]
    public void IsBuffer_Name_TellsStatisticsFromWeights(string name, bool buffer) =>
        Assert.Equal(buffer, CheckpointHookOptions.IsBuffer(new TensorInfo(name, DType.F32, [2])));

    private sealed class SeededRandomState : IResumable
    {
        public void SaveTo(StateSection state) => state.Set("x", 1L);

        public void LoadFrom(StateSection state) => state.Long("x");
    }
}
