using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using TorchSharp;
using Xunit;

namespace FishCheckpoint.TorchSharp.Tests.State;

public sealed class TorchRandomTests
{
    [Fact]
    public async Task SaveLoad_GoesOnWithTheSameDraws()
    {
        torch.manual_seed(5);
        using var skipped = torch.randn(7);
        var random = new TorchRandom(seedCuda: null);
        var state = new TrainerState();
        random.SaveTo(state.Section("rng"));
        using var expected = torch.randn(100);

        torch.manual_seed(6);
        random.LoadFrom((await TrainerState.ReadAsync(state.OpenRead(), "t", TestContext.Current.CancellationToken)).Section("rng"));
        using var actual = torch.randn(100);
        Assert.Equal(Bits.Of(expected), Bits.Of(actual));
    }

    [Theory]
    [InlineData(DType.U8, 16)]
    [InlineData(DType.U8, 0)]
    [InlineData(DType.F32, 5056)]
    public void LoadFrom_StateOfAnotherLength_IsRefusedInsteadOfEndingTheProcess(DType type, int bytes)
    {
        var state = new TrainerState();
        state.Section("rng").Set("cpu", type, new byte[bytes]);
        Assert.Equal(
            ErrorCode.StateMismatch,
            Assert.Throws<FishException>(() => new TorchRandom(seedCuda: null).LoadFrom(state.Section("rng"))).Code);
    }

    [Fact]
    public void SaveTo_WithCudaGenerators_SeedsThemAndKeepsTheSeed()
    {
        var seeds = new List<long>();
        var random = new TorchRandom(seeds.Add);
        TrainerState first = new(), second = new();
        random.SaveTo(first.Section("rng"));
        random.SaveTo(second.Section("rng"));
        random.LoadFrom(first.Section("rng"));

        Assert.Equal(3, seeds.Count);
        Assert.Equal(seeds[0], seeds[2]);
        Assert.NotEqual(seeds[0], seeds[1]);
        Assert.All(seeds, seed => Assert.True(seed >= 0));
    }

    [Fact]
    public void SaveTo_ManyTimes_LeavesNoTensors() => TensorCount.AssertStable(100, () =>
    {
        var state = new TrainerState();
        new TorchRandom(seedCuda: null).SaveTo(state.Section("rng"));
        new TorchRandom(seedCuda: null).LoadFrom(state.Section("rng"));
    });
}
