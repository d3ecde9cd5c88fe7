using FishCheckpoint.Durability.Suites;
using FishCheckpoint.Fuzz.Engine;
using Xunit;

namespace FishCheckpoint.Fuzz;

/// <summary>Nothing that was ever found comes back, and mutations of each target's inputs find nothing.</summary>
public sealed class FuzzTests
{
    private const int FixedSeed = 20261201;

    private static readonly TimeSpan Search = TimeSpan.FromMinutes(1);

    public static TheoryData<string> All => [.. Targets.Names];

    [Theory]
    [MemberData(nameof(All))]
    public void Pack_InTheCorpus_IsAsTheProgramPacksIt(string name)
    {
        var inputs = Corpus.ReadPack(Corpus.PackOf(name));

        Assert.All(inputs, pair => Assert.Equal(Corpus.NameOf(pair.Value), pair.Key));
        Assert.InRange(inputs.Count, 0, Corpus.Most);
        if (inputs.Count > 0)
        {
            Assert.Equal(Corpus.Pack(inputs), File.ReadAllBytes(Corpus.PackOf(name)));
        }
    }

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(All))]
    public Task Input_OfTheCorpusOrMadeOfItWithAFixedSeed_IsAcceptedOrRefused(string name) =>
        AssertNothingFoundAsync(name, FixedSeed, (fuzzer, target) => fuzzer.Run(target.ShortRun));

    [Theory]
    [Trait("Category", "Nightly")]
    [MemberData(nameof(All))]
    public Task Input_MadeOfTheCorpusWithANewSeed_IsAcceptedOrRefused(string name) =>
        AssertNothingFoundAsync(name, Random.Shared.Next(1_000_000), (fuzzer, _) => fuzzer.Run(Search));

    private static async Task AssertNothingFoundAsync(string name, int seed, Action<Fuzzer, FuzzTarget> run)
    {
        await using var target = Assert.Single(await Targets.CreateAsync(name));
        var result = new SuiteResult();
        using var watch = new Watch();
        run(new Fuzzer(target, seed, result, watch, keeps: false), target);

        Assert.True(result.Findings.Count == 0, $"seed {seed}: {result}");
    }
}
