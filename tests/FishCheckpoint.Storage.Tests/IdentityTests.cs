using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Backups;
using FishCheckpoint.Storage.Repairs;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>A store has an identity that its copies keep, and nothing becomes a store unasked.</summary>
public sealed class IdentityTests : StoreFixture
{
    private string Other => Path.Combine(Path.GetDirectoryName(Options.DataFolder)!, "other");

    [Fact]
    public async Task Identity_OfAStore_StaysAndIsReported()
    {
        var identity = Store.Identity;
        Assert.Matches("^[0-9a-f]{32}$", identity);
        Assert.Equal(identity, (await Store.Reports.GetStorageAsync(null, Stop)).Store);
        Assert.Null((await Store.Reports.GetStorageAsync("task", Stop)).Store);
        await ReopenAsync();
        Assert.Equal(identity, Store.Identity);
        await using var second = await SqliteCheckpointStore.OpenAsync(Options with { DataFolder = Other }, Stop);
        Assert.NotEqual(identity, second.Identity);
    }

    [Fact]
    public async Task Identity_OfBackupRestoreAndRepair_IsTheOriginals()
    {
        await SaveAsync(1, Base.Change(1));
        var (backup, restored, repaired) = (Other + "-backup", Other + "-restored", Other + "-repaired");
        Assert.Equal(Store.Identity, (await Store.Maintenance.BackupAsync(new BackupOptions { To = backup }, Stop)).Store);
        Assert.Equal(Store.Identity, (await StoreRestore.RunAsync(backup, restored, Stop)).Store);
        await StoreRepair.RunAsync(new RepairOptions { DataFolder = restored, To = repaired }, Stop);
        foreach (var folder in new[] { backup, restored, repaired })
        {
            await using var copy = await SqliteCheckpointStore.OpenAsync(Options with { DataFolder = folder }, Stop);
            Assert.Equal(Store.Identity, copy.Identity);
        }
    }

    [Fact]
    public async Task Repair_IdentityThatIsGone_IsReplacedAndSaid()
    {
        await Store.DisposeAsync();
        Sql("DELETE FROM store");
        var report = await StoreRepair.RunAsync(new RepairOptions { DataFolder = Options.DataFolder, To = Other }, Stop);
        Assert.Contains("identity", Assert.Single(report.Rebuilt), StringComparison.Ordinal);
        await ReopenAsync(Options with { DataFolder = Other });
        Assert.Matches("^[0-9a-f]{32}$", Store.Identity);
    }

    [Fact]
    public async Task Open_OfWhatMustExist_CreatesNothing()
    {
        await RefusedAsync(ErrorCode.StoreNotFound, Options with { DataFolder = Other, MustExist = true });
        Assert.False(Directory.Exists(Other));
        Directory.CreateDirectory(Path.Combine(Other, "bases"));
        await RefusedAsync(ErrorCode.StoreNotFound, Options with { DataFolder = Other, MustExist = true });
        await RefusedAsync(ErrorCode.StoreNotFound, Options with { DataFolder = DatabasePath, MustExist = true });
        await RefusedAsync(ErrorCode.StorageUnavailable, Options with { DataFolder = DatabasePath });
        Assert.Equal(["bases"], Directory.EnumerateFileSystemEntries(Other).Select(Path.GetFileName));
        await ReopenAsync(Options with { MustExist = true });
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task Open_DatabaseMissingBesideBases_IsRefused(bool mustExist, bool empty)
    {
        await Store.DisposeAsync();
        var away = Other + ".db";
        File.Move(DatabasePath, away);
        if (empty)
        {
            await File.WriteAllBytesAsync(DatabasePath, [], Stop);
        }

        var before = Directory.EnumerateFiles(Options.DataFolder, "*", SearchOption.AllDirectories).Order().ToArray();
        await RefusedAsync(ErrorCode.CorruptStore, Options with { MustExist = mustExist });
        Assert.Equal(before, Directory.EnumerateFiles(Options.DataFolder, "*", SearchOption.AllDirectories).Order());
        File.Move(away, DatabasePath, overwrite: true);
        await ReopenAsync();
        Assert.Single((await Store.Bases.ListAsync(new PageRequest(), Stop).ReadPageAsync()).Items);
    }

    [Fact]
    public async Task Open_DatabaseOfAnEmptySchemaBesideBases_IsRefused()
    {
        await Store.DisposeAsync();
        File.Delete(DatabasePath);
        Sql("PRAGMA page_size = 4096; CREATE TABLE none (a); DROP TABLE none;");
        await RefusedAsync(ErrorCode.CorruptStore, Options);
    }

    [Fact]
    public async Task Open_CreationThatWasBrokenOff_BeginsAgain()
    {
        // What a kill or a full disk leaves: the first page, and a log of a schema that was never committed.
        Directory.CreateDirectory(Other);
        var path = Path.Combine(Other, "fish.db");
        await using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False"))
        {
            await connection.OpenAsync(Stop);
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL";
            await command.ExecuteNonQueryAsync(Stop);
        }

        await File.WriteAllBytesAsync(path + "-wal", new byte[40_000], Stop);
        await using var store = await SqliteCheckpointStore.OpenAsync(Options with { DataFolder = Other }, Stop);
        Assert.Matches("^[0-9a-f]{32}$", store.Identity);
    }

    [Fact]
    public async Task Open_LogWithoutItsDatabase_IsRefused()
    {
        Directory.CreateDirectory(Other);
        await File.WriteAllTextAsync(Path.Combine(Other, "fish.db-wal"), "what was saved last", Stop);
        await RefusedAsync(ErrorCode.CorruptStore, Options with { DataFolder = Other });
        Assert.Equal("what was saved last", await File.ReadAllTextAsync(Path.Combine(Other, "fish.db-wal"), Stop));
    }

    private static async Task RefusedAsync(ErrorCode code, StoreOptions options) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<FishException>(() => SqliteCheckpointStore.OpenAsync(options, Stop))).Code);
}
