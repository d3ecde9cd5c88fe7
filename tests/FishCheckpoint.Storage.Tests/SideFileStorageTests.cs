using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Repairs;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>What side files of checkpoints cost, and what becomes of them: in deletions, verifications, backups and repairs.</summary>
public sealed class SideFileStorageTests : StoreFixture
{
    private readonly string folder = Directory.CreateTempSubdirectory("fish-side-").FullName;

    [Fact]
    public async Task Delete_TheLastThatHasAFile_RemovesIt()
    {
        await SaveSidedAsync(1, "shared", "one");
        await SaveSidedAsync(2, "shared", "two");
        await SaveSidedAsync(3, "shared", "two");
        Assert.Equal((3, 2), (Count("side_files"), Sets()));
        Assert.Equal(0, (await Store.Checkpoints.GetAsync("task", StepRef.At(3), Stop)).SideBytes);
        AssertTotalsAreARecount();

        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        AssertTotalsAreARecount();
        Assert.Equal(2, Count("side_files"));
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(2), Stop);
        AssertTotalsAreARecount();
        Assert.Equal((2, 1), (Count("side_files"), Sets()));
        Assert.Equal(SideBytes(), (await Store.Checkpoints.GetAsync("task", StepRef.At(3), Stop)).SideBytes);
        Assert.True((await Store.Maintenance.VerifyAsync(null, Stop)).Damaged is []);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(3), Stop);
        Assert.Equal((0, 0), (Count("side_files"), Sets()));
        AssertTotalsAreARecount();
    }

    [Fact]
    public async Task Delete_WithAGrace_KeepsTheSideFilesUntilItEnds()
    {
        await ReopenAsync(Options with { DeletionGrace = TimeSpan.FromHours(1) });
        await SaveSidedAsync(1, "shared", "one");
        await SaveSidedAsync(2, "shared", "two");
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        AssertTotalsAreARecount();
        Assert.Equal(SideBytes(), (await Store.Checkpoints.GetAsync("task", StepRef.At(2), Stop)).SideBytes + Ask(
            "SELECT side_bytes FROM checkpoints WHERE step = 1"));
        Assert.Equal(3, Count("side_files"));

        Assert.Equal(
            0, (await Store.Checkpoints.ListDeletedAsync("task", new PageRequest(), Stop)
                .ReadPageAsync()).Items.Single().TrainerStateBytes);

        await Store.Checkpoints.DeleteAsync("task", StepRef.At(2), Stop);
        await SaveSidedAsync(3, "shared", "three");
        AssertTotalsAreARecount();
        Assert.Equal(0,
            Ask("SELECT count(*) FROM side_files f JOIN side_sets s ON s.file = f.id JOIN checkpoints c ON c.id = f.owner "
                + "WHERE s.name = 'config.json' AND c.deleted = 1"));
        await Store.Maintenance.CollectAsync(new CollectOptions { Now = true }, Stop);
        Assert.Equal(2, Count("side_files"));
        AssertTotalsAreARecount();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Undelete_TheFirstThatHasAFile_AccountsForIt(bool ofTheTask)
    {
        await ReopenAsync(Options with { DeletionGrace = TimeSpan.FromHours(1) });
        await SaveSidedAsync(1, "shared", "same");
        await SaveSidedAsync(2, "shared", "same");
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        await (ofTheTask ? Store.Tasks.DeleteAsync("task", Stop) : Store.Checkpoints.DeleteAsync("task", StepRef.At(2), Stop));
        AssertTotalsAreARecount();
        await (ofTheTask ? (Task)Store.Tasks.UndeleteAsync(
            "task", cancellationToken: Stop) : Store.Checkpoints.UndeleteAsync("task", 1, cancellationToken: Stop));
        AssertTotalsAreARecount();
        Assert.Equal(SideBytes(), (await Store.Checkpoints.GetAsync("task", StepRef.At(ofTheTask ? 2 : 1), Stop)).SideBytes);
        await Store.Maintenance.CollectAsync(new CollectOptions { Now = true }, Stop);
        AssertTotalsAreARecount();
        Assert.Equal(2, Count("side_files"));
    }

    [Fact]
    public async Task Save_OverwriteWithOtherSideFiles_ReplacesThem()
    {
        await SaveSidedAsync(1, "shared", "one");
        await SaveSidedAsync(1, "shared", "two", new SaveOptions { Overwrite = true });
        await using (var reader = await Store.States.OpenAsync("task", StepRef.At(1), Stop))
        {
            Assert.Equal("two", System.Text.Encoding.UTF8.GetString(await reader.ReadAsync("README.md")));
            Assert.Equal("shared", System.Text.Encoding.UTF8.GetString(await reader.ReadAsync("config.json")));
        }

        Assert.Equal(2, Count("side_files"));
        AssertTotalsAreARecount();
    }

    [Fact]
    public async Task Delete_OneThatOthersAreBasedOn_ReleasesItsSideFiles()
    {
        await SaveSidedAsync(1, "shared", "one");
        await SaveAsync(2, Base.Change(1).Change(2, 0.0001));
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        Assert.Equal(0, Count("side_files"));
        AssertTotalsAreARecount();
    }

    [Fact]
    public async Task Verify_FlippedByte_NamesTheCheckpointsAndSavingAgainMends()
    {
        await SaveSidedAsync(1, "shared", "one");
        await SaveSidedAsync(2, "shared", "two");
        Sql("UPDATE pieces SET data = zeroblob(length(data)) "
            + "WHERE frame = (SELECT f.frame FROM side_files f JOIN side_sets s ON s.file = f.id WHERE s.name = 'config.json' LIMIT 1)");
        var report = await Store.Maintenance.VerifyAsync(null, Stop);
        Assert.Equal(["task/1", "task/2"], Assert.Single(report.Damaged).Affected);
        Assert.False((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(1), Stop)).Sound);
        await using (var reader = await Store.States.OpenAsync("task", StepRef.At(1), Stop))
        {
            Assert.Equal(ErrorCode.CorruptCheckpoint,
                (await Assert.ThrowsAsync<FishException>(() => reader.ReadAsync("config.json"))).Code);
            Assert.Equal(Base.Change(1).ToBytes(), await reader.ReadAsync());
        }

        Assert.False((await SaveSidedAsync(1, "shared", "one")).Created);
        Assert.True((await Store.Maintenance.VerifyAsync(null, Stop)).Damaged is []);
        AssertTotalsAreARecount();
    }

    [Fact]
    public async Task Repair_SideFileThatIsLost_KeepsTheCheckpointWithoutIt()
    {
        await SaveSidedAsync(1, "shared", "one");
        await SaveSidedAsync(2, "shared", "two");
        Sql("PRAGMA foreign_keys = OFF; DELETE FROM frames WHERE id = (SELECT frame FROM side_files ORDER BY id LIMIT 1)");
        await Store.DisposeAsync();
        var target = Path.Combine(folder, "repaired");
        var report = await StoreRepair.RunAsync(new RepairOptions { DataFolder = Options.DataFolder, To = target }, Stop);
        Assert.Contains(report.Quarantined, dropped => dropped.Key.StartsWith("side file", StringComparison.Ordinal));
        await using var repaired = await SqliteCheckpointStore.OpenAsync(Options with { DataFolder = target }, Stop);
        await using var reader = await repaired.States.OpenAsync("task", StepRef.At(1), Stop);
        Assert.Equal(Base.Change(1).ToBytes(), await reader.ReadAsync());
        Assert.Single(reader.Files, file => !ModelFiles.IsName(file.Name));
        await using var second = await repaired.States.OpenAsync("task", StepRef.At(2), Stop);
        Assert.Equal("two", System.Text.Encoding.UTF8.GetString(await second.ReadAsync("README.md")));
        Assert.True((await repaired.Maintenance.VerifyAsync(null, Stop)).Damaged is []);
        await ReopenAsync();
    }

    [Fact]
    public async Task Backup_HasTheSideFiles()
    {
        await SaveSidedAsync(1, "shared", "one");
        await Store.Maintenance.BackupAsync(new BackupOptions { To = Path.Combine(folder, "backup") }, Stop);
        await using var copy = await SqliteCheckpointStore.OpenAsync(Options with { DataFolder = Path.Combine(folder, "backup") }, Stop);
        await using var reader = await copy.States.OpenAsync("task", StepRef.At(1), Stop);
        Assert.Equal("one", System.Text.Encoding.UTF8.GetString(await reader.ReadAsync("README.md")));
    }

    [Fact]
    public async Task Save_TenThousandBytesOverTheQuota_StoresNothing()
    {
        await Store.Access.SetQuotaAsync("task", new TaskQuota(5000), Stop);
        var error = await Assert.ThrowsAsync<FishException>(() =>
            SaveSidedAsync(1, string.Concat(Enumerable.Range(0, 9999).Select(n => $"{n * 7919 % 10_007:x}")), "one"));
        Assert.Equal(ErrorCode.QuotaExceeded, error.Code);
        Assert.Equal(0, Count("side_files"));
        AssertTotalsAreARecount();
    }

    private long Count(string table) => Ask($"SELECT count(*) FROM {table}");

    private long Sets() => Ask("SELECT count(DISTINCT id) FROM side_sets");

    private long SideBytes() => Ask("SELECT sum(length(f.head) + f.payload) FROM side_files s JOIN frames f ON f.id = s.frame");

    private async Task<Saved<CheckpointInfo>> SaveSidedAsync(long step, string shared, string own, SaveOptions? options = null)
    {
        var place = Directory.CreateDirectory(Path.Combine(folder, $"{Guid.NewGuid():N}")).FullName;
        Base.Change((int)step).Write(place);
        await File.WriteAllTextAsync(Path.Combine(place, "config.json"), shared, Stop);
        await File.WriteAllTextAsync(Path.Combine(place, "README.md"), own, Stop);
        using var model = ModelFolder.Open(place);
        return await Store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Full(model), options, Stop);
    }
}
