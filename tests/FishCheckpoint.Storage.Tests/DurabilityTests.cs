using FishCheckpoint.Durability.Faults;
using FishCheckpoint.Durability.Power;
using FishCheckpoint.Durability.Suites;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>Short runs of what <c>tests/FishCheckpoint.Durability</c> runs for hours; docs/RELIABILITY.md says what came of that.</summary>
[Trait("Category", "Slow")]
public sealed class DurabilityTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fish-durability-").FullName;
    private readonly Progress progress = new(TimeSpan.FromMinutes(2));
    private readonly int seed = Random.Shared.Next(1_000_000);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact(Timeout = 600_000)]
    public async Task Kill_AtRandomMoments_LosesNothingAcknowledged() => AssertNothingFound(await new CrashSuite(seed, folder).RunAsync(kills: 12, progress));

    [Fact(Timeout = 600_000)]
    public async Task Fault_InSomeCalls_IsRefusedOrHarmless()
    {
        var library = await FaultLibrary.CompileAsync(folder);
        Assert.SkipWhen(library is null, "There is no C compiler to make the library that lets calls fail.");
        AssertNothingFound(await new FaultSuite(library, folder).RunAsync(stride: 360, progress));
    }

    [Fact(Timeout = 600_000)]
    public async Task Copies_KilledOrRefusedAtSomeCalls_LeaveTheOldOrTheNew()
    {
        var library = await FaultLibrary.CompileAsync(folder);
        Assert.SkipWhen(library is null, "There is no C compiler to make the library that kills and fails at calls.");
        AssertNothingFound(await new CopySuite(library, folder).RunAsync(stride: 31, progress));
    }

    [Fact(Timeout = 600_000)]
    public async Task Save_OnAFullDisk_IsRefusedAndGoesOnWithRoom()
    {
        await using var disk = await SmallFileSystem.TryMountAsync(Path.Combine(folder, "disk"), mebibytes: 16);
        Assert.SkipWhen(disk is null, "This user may not mount a small file system.");
        AssertNothingFound(await new FullDiskSuite(disk.Folder, folder).RunAsync(rounds: 2, seed, progress));
    }

    [Fact(Timeout = 600_000)]
    public async Task Flip_OfSomeBytes_IsNeverServedAsGood() => AssertNothingFound(await new BitFlipSuite(folder).RunAsync(stride: 15013, progress));

    [Fact(Timeout = 600_000)]
    public async Task Operations_AtRandom_AreWhatTheModelSays() => AssertNothingFound(await ModelSuite.RunAsync(seed, operations: 200, folder, progress));

    [Fact(Timeout = 600_000)]
    public async Task Processes_OnOneFolder_DisturbNobody() =>
        AssertNothingFound(await ConcurrencySuite.RunAsync(folder, processes: 2, threads: 3, operations: 25, seed));

    [Theory(Timeout = 600_000)]
    [InlineData(Weakness.None)]
    [InlineData(Weakness.FileSyncs)]
    [InlineData(Weakness.FolderSyncs)]
    public async Task Power_LostAtRandomMoments_LosesNothingAcknowledged(Weakness weakness)
    {
        var library = await FaultLibrary.CompileAsync(folder);
        Assert.SkipWhen(library is null, "There is no C compiler to make the library that records calls.");
        var result = await new PowerSuite(library, Path.Combine(folder, "records"), seed, weakness).RunAsync(states: 300, progress);

        // A disk that leaves syncs undone has to be found out.
        Assert.True(result.Findings.Count == 0 == (weakness == Weakness.None), $"seed {seed}: {result}");
    }

    private static void AssertNothingFound(SuiteResult result) => Assert.True(result.Findings.Count == 0, result.ToString());
}
