using FishCheckpoint.Errors;
using FishCheckpoint.Tests.Support;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Tests.Training;

public sealed class SeededRandomTests
{
    [Fact]
    public void Next_SeedZero_GivesThePublishedSequence()
    {
        // xoshiro256** with the state that SplitMix64 gives for seed 0: the reference C code's first numbers.
        var random = new SeededRandom(0);

        Assert.Equal([0x99EC5F36CB75F2B4UL, 0xBF6E1F784956452AUL, 0x1A5F849D4933E6E0UL], [random.Next(), random.Next(), random.Next()]);
    }

    [Fact]
    public void Below_Limit_ReachesEachNumberAboutEquallyOften()
    {
        var (random, counts) = (new SeededRandom(9), new int[7]);
        for (var draw = 0; draw < 70_000; draw++)
        {
            counts[random.Below(7)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 9_500, 10_500));
    }

    [Fact]
    public void Shuffle_Items_KeepsThemAll()
    {
        var items = Enumerable.Range(0, 100).ToArray();

        new SeededRandom(5).Shuffle<int>(items);

        Assert.NotEqual(Enumerable.Range(0, 100), items);
        Assert.Equal(Enumerable.Range(0, 100), items.Order());
    }

    [Fact]
    public void NextGaussian_ManyDraws_HasMeanZeroAndVarianceOne()
    {
        var random = new SeededRandom(2);
        var draws = Enumerable.Range(0, 100_000).Select(_ => random.NextGaussian()).ToArray();

        Assert.InRange(draws.Average(), -0.02, 0.02);
        Assert.InRange(draws.Average(draw => draw * draw), 0.97, 1.03);
    }

    [Fact]
    public void Below_LimitThatIsNotPositive_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new SeededRandom(1).Below(0));

    [Fact]
    public void LoadFrom_SavedState_GoesOnWithTheSameNumbers()
    {
        var (random, other, state) = (new SeededRandom(7), new SeededRandom(8), new TrainerState());
        random.Next();
        random.SaveTo(state.Section("random"));
        other.LoadFrom(state.Section("random"));

        Assert.Equal([.. Enumerable.Range(0, 20).Select(_ => random.Next())], Enumerable.Range(0, 20).Select(_ => other.Next()).ToArray());
    }

    [Fact]
    public void LoadFrom_StateOfSomethingElse_IsRefused()
    {
        var state = new TrainerState();
        state.Section("zeros").Set("xoshiro256**", [0L, 0, 0, 0]);

        Refused.With(ErrorCode.StateMismatch, () => new SeededRandom(1).LoadFrom(state.Section("zeros")));
        Refused.With(ErrorCode.StateMismatch, () => new SeededRandom(1).LoadFrom(state.Section("missing")));
    }
}
