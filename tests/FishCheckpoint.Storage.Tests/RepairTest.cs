using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Repairs;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>Repairs a store, and looks at what came of it.</summary>
public abstract class RepairTest : VerifyTest
{
    private protected string Target => Path.Combine(Options.DataFolder, "..", "repaired");

    private protected RepairOptions Repair => new() { DataFolder = Options.DataFolder, To = Target };

    private protected async Task<RepairReport> RepairAsync()
    {
        Sql("PRAGMA wal_checkpoint(TRUNCATE)");
        var before = Contents(Options.DataFolder);
        var report = await StoreRepair.RunAsync(Repair, Stop);
        Assert.Equal(before, Contents(Options.DataFolder));
        return report;
    }

    // All but those that are lost, byte for byte, in a store in which nothing is damaged.
    private protected async Task AssertHoldsAsync(IReadOnlyCollection<string> lost)
    {
        Assert.False(Directory.Exists(Path.Combine(Target, "original")));
        await using var repaired = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Target }, Stop);
        var verified = await repaired.Maintenance.VerifyAsync(null, Stop);
        Assert.True(verified.Finished);
        Assert.True(verified.Damaged.Count == 0, string.Join(';', verified.Damaged));
        Assert.Equal(Models.Count - lost.Count, verified.Checkpoints);
        foreach (var ((task, step), model) in Models.Where(pair => !lost.Contains($"{pair.Key.Task}/{pair.Key.Step}")))
        {
            Assert.Equal(model.ToBytes(), await repaired.RestoreAsync(task, step));
        }
    }

    // Of some salvaged store, whatever is there.
    private protected async Task<HashSet<string>> AssertSoundAsync(RepairReport report)
    {
        await using var repaired = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Target }, Stop);
        Assert.Empty((await repaired.Maintenance.VerifyAsync(null, Stop)).Damaged);
        var there = new HashSet<string>(StringComparer.Ordinal);
        foreach (var ((task, step), model) in Models)
        {
            try
            {
                Assert.Equal(model.ToBytes(), await repaired.RestoreAsync(task, step));
                there.Add($"{task}/{step}");
            }
            catch (FishException error) when (error.Kind == ErrorKind.NotFound)
            {
                // Lost.
            }
        }

        Assert.Equal(report.Checkpoints, there.Count);
        return there;
    }

    // The fixture closes a store at its end: one of a new folder, for the old one may not open any more.
    private protected Task ReopenNothingAsync() =>
        ReopenAsync(new StoreOptions { DataFolder = Path.Combine(Options.DataFolder, "..", "nothing") });

    private protected static async Task RefusedAsync(ErrorCode code, Func<Task> action) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<FishException>(action)).Code);
}
