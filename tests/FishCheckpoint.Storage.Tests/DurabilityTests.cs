using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Durability.Faults;
using FishCheckpoint.Durability.Power;
using FishCheckpoint.Durability.Suites;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>Short runs of what <c>tests/FishCheckpoint.Durability</c> runs for hours; docs/evidence/reliability.md says what came of
/// that.</summary>
[Trait("Category", "Slow")]
public sealed class DurabilityTests : IDisposable
{
    private const int Seed = 20261201;

    private readonly string folder = Directory.CreateTempSubdirectory("fish-durability-").FullName;
    private readonly Progress progress = new(TimeSpan.FromMinutes(2));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact(Timeout = 600_000)]
    public async Task Kill_AtRandomMoments_LosesNothingAcknowledged() =>
        AssertNothingFound(await new CrashSuite(Seed, folder).RunAsync(kills: 12, progress));

    [Fact(Timeout = 600_000)]
    public async Task Fault_InSomeCalls_IsRefusedOrHarmless()
    {
        var library = await FaultLibrary.CompileAsync(folder);
        Assert.SkipWhen(library is null, "There is no C compiler to make the library that lets calls fail.");
        AssertNothingFound(await new FaultSuite(library, folder).RunAsync(stride: 360, progress));
    }

    [Fact(Timeout = 600_000)]
    public async Task Memory_ThatRunsOutInSomeSizes_LosesNothingAcknowledged() =>
        AssertNothingFound(await new MemorySuite(Seed, folder).RunAsync(from: 3072, to: 10_240, stride: 512, progress));

    [Fact(Timeout = 600_000)]
    public async Task Copies_KilledOrRefusedAtSomeCalls_LeaveTheOldOrTheNew()
    {
        var library = await FaultLibrary.CompileAsync(folder);
        Assert.SkipWhen(library is null, "There is no C compiler to make the library that kills and fails at calls.");
        AssertNothingFound(await new CopySuite(library, folder).RunAsync(stride: 47, progress));
    }

    [Fact(Timeout = 600_000)]
    public async Task Save_OnAFullDisk_IsRefusedAndGoesOnWithRoom()
    {
        await using var disk = await SmallFileSystem.TryMountAsync(Path.Combine(folder, "disk"), mebibytes: 16);
        Assert.SkipWhen(disk is null, "This user may not mount a small file system.");
        AssertNothingFound(await new FullDiskSuite(disk.Folder, folder).RunAsync(rounds: 2, Seed, progress));
    }

    [Fact(Timeout = 600_000)]
    public async Task Save_WhereTheGraceFillsTheDisk_GoesOn()
    {
        await using var disk = await SmallFileSystem.TryMountAsync(Path.Combine(folder, "disk"), mebibytes: 400);
        Assert.SkipWhen(disk is null, "This user may not mount a small file system.");
        await using var store = await SqliteCheckpointStore.OpenAsync(
            new StoreOptions { DataFolder = Path.Combine(disk.Folder, "data"), Retention = new Retention(KeepLast: 2) },
            TestContext.Current.CancellationToken);
        var model = TestModel.Create(1, null, new TensorInfo("w", DType.F32, [1000]));
        await store.Bases.AddAsync(
            "base", ModelUpload.FromStream(new MemoryStream(model.ToBytes())), TestContext.Current.CancellationToken);
        await store.Tasks.PutAsync("task", new TaskSpec("base"), TestContext.Current.CancellationToken);

        // Twice what the disk holds, of which the trainer keeps two steps.
        for (var step = 1; step <= 100; step++)
        {
            var state = new byte[8_000_000];
            new Random(step).NextBytes(state);
            using var file = ModelFolder.Open(model.Change(step, 0.1).Write(Path.Combine(folder, "model")));
            await store.Checkpoints.SaveAsync(
                "task", step, new CheckpointContent.Full(file), new SaveOptions { OpenTrainerState = () => new MemoryStream(state) },
                TestContext.Current.CancellationToken);
            if (step % 3 == 0)
            {
                await store.Maintenance.CollectAsync(null, TestContext.Current.CancellationToken);
            }
        }

        var grace = (await store.Reports.GetStorageAsync(null, TestContext.Current.CancellationToken)).Grace;
        Assert.InRange(grace.Bytes, 100_000_000, 400_000_000);
        Assert.Equal(model.Change(100, 0.1).ToBytes(), await store.RestoreAsync("task", 100));
        await store.Checkpoints.UndeleteAsync("task", 97, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty((await store.Maintenance.VerifyAsync(null, TestContext.Current.CancellationToken)).Damaged);
    }

    [Fact(Timeout = 600_000)]
    public async Task Flip_OfSomeBytes_IsNeverServedAsGood() =>
        AssertNothingFound(await new BitFlipSuite(folder).RunAsync(stride: 15013, progress));

    [Fact(Timeout = 600_000)]
    public async Task Operations_AtRandom_AreWhatTheModelSays() =>
        AssertNothingFound(await ModelSuite.RunAsync(Seed, operations: 200, folder, progress));

    [Fact(Timeout = 600_000)]
    public async Task Processes_OnOneFolder_DisturbNobody() =>
        AssertNothingFound(await ConcurrencySuite.RunAsync(folder, processes: 2, threads: 3, operations: 25, Seed));

    [Theory(Timeout = 600_000)]
    [InlineData(Weakness.None)]
    [InlineData(Weakness.FileSyncs)]
    [InlineData(Weakness.FolderSyncs)]
    public async Task Power_LostAtRandomMoments_LosesNothingAcknowledged(Weakness weakness)
    {
        var library = await FaultLibrary.CompileAsync(folder);
        Assert.SkipWhen(library is null, "There is no C compiler to make the library that records calls.");
        var result = await new PowerSuite(library, Path.Combine(folder, "records"), Seed, weakness).RunAsync(states: 300, progress);

        // A disk that leaves syncs undone has to be found out.
        Assert.True(result.Findings.Count == 0 == (weakness == Weakness.None), $"Seed {Seed}: {result}");
    }

    private static void AssertNothingFound(SuiteResult result) => Assert.True(result.Findings.Count == 0, result.ToString());
}
