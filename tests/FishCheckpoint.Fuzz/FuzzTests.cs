using FishCheckpoint.Durability.Suites;
using FishCheckpoint.Fuzz.Engine;
using Xunit;

namespace FishCheckpoint.Fuzz;

/// <summary>What every run of the tests shows: nothing that was ever found comes back, and some new mutations of each target find nothing.</summary>
public sealed class FuzzTests
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(0.5);

    public static TheoryData<string> All => [.. Targets.Names];

    [Theory]
    [MemberData(nameof(All))]
    public async Task Input_OfTheCorpusOrMadeOfIt_IsTakenOrRefusedAndNothingElse(string name)
    {
        var seed = Random.Shared.Next(1_000_000);
        await using var target = Assert.Single(await Targets.CreateAsync(name));
        var result = new SuiteResult();
        using var watch = new Watch();
        var fuzzer = new Fuzzer(target, seed, result, watch, keeps: false, every: 4);
        fuzzer.Run(Fresh);

        Assert.True(result.Findings.Count == 0, $"seed {seed}: {result}");
    }
}
