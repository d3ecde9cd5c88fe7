using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Durability.Stores;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Sqlite.Pages;
using Microsoft.Data.Sqlite;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>Every page of the database has a checksum, and those of the log too: what SQLite would serve as good is found.</summary>
public sealed class PageSumTests : StoreFixture
{
    private const int PageSize = 16384;

    [Fact]
    public async Task Read_FlippedByteOfAMetric_IsRefusedAndNamesThePage()
    {
        await SaveWithLossAsync(1, 0.25);
        await Store.DisposeAsync();
        Flip(DatabasePath, "0.25"u8);
        Exception error = await Assert.ThrowsAsync<FishException>(ReopenAndReadAsync);
        Assert.Equal(ErrorCode.CorruptStore, ((FishException)error).Code);
        Assert.Matches("page [0-9]+ of fish.db does not match its checksum", error.Message);
    }

    [Fact]
    public async Task Read_FlippedByteInTheLog_IsRefused()
    {
        await SaveWithLossAsync(1, 0.25);
        Flip(DatabasePath + "-wal", "0.25"u8);

        // Another connection has none of the pages in memory.
        SqliteConnection.ClearAllPools();
        var error = await Assert.ThrowsAsync<FishException>(() => Store.Checkpoints.GetAsync("task", StepRef.At(1), Stop));
        Assert.Equal(ErrorCode.CorruptStore, error.Code);
        Assert.Matches("frame [0-9]+ of fish.db-wal does not match its checksum", error.Message);
    }

    [Fact]
    public void Open_NewFolder_WritesEachPageOnceAndWithASum()
    {
        using var database = Database.Open(Directory.CreateDirectory(Options.DataFolder + "-fresh").FullName);
        using var snapshot = database.OpenSnapshot();
        var pages = snapshot.Connection.Scalar<long>("PRAGMA page_count");
        var log = new FileInfo(database.Path + "-wal").Length;
        Assert.InRange(log, pages * PageSize / 2, (pages + 1) * (PageSize + 24) + 32);
        Assert.Equal(PageSum.Length, CheckedVfs.ReservedBytes(snapshot.Connection.Sqlite));
    }

    [Fact]
    public async Task Delete_CheckpointWithADamagedPage_GivesItsRoomBack()
    {
        var random = new byte[200_000];
        new Random(4).NextBytes(random);
        await SaveAsync(1, Base.Change(1));
        await Store.States.PutTrainerStateAsync("task", StepRef.At(1), new MemoryStream(random), Stop);
        await Store.DisposeAsync();
        Flip(DatabasePath, StoredBytes("SELECT data FROM pieces p JOIN checkpoints c ON p.frame = c.trainer_frame").AsSpan(100_000, 8));
        await ReopenAsync();
        Assert.False((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(1), Stop)).Sound);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        Assert.Equal(0, Ask("SELECT count(*) FROM pieces"));
        await SaveAsync(1, Base.Change(1));
        Assert.True((await Store.Maintenance.VerifyCheckpointAsync("task", StepRef.At(1), Stop)).Sound);
    }

    [Fact]
    public async Task Read_ValueThatEndsAnywhereInAPage_IsNotTakenForAPage()
    {
        // Of a page that a value ends on, SQLite can read as many bytes as it needs: here about each power of two.
        await Store.DisposeAsync();
        using var database = Database.Open(Options.DataFolder);
        var values = Lengths().Select(length => Enumerable.Repeat((byte)length, length).ToArray()).ToList();
        await database.WriteAsync(
            connection => connection.Execute("CREATE TABLE parts (id INTEGER PRIMARY KEY, value BLOB, rest BLOB)"), Stop);
        await database.WriteAsync(
            connection => values.ConvertAll(
                value => connection.Insert(
                    "INSERT INTO parts (value, rest) VALUES ($0, $1)", value, new byte[RowLength - value.Length])), Stop);
        Assert.True(await database.EmptyLogAsync(Stop));
        using var snapshot = database.OpenSnapshot();
        Assert.Equal(values, snapshot.Connection.Query("SELECT value FROM parts ORDER BY id", row => row.Bytes(0)));
    }

    // Of a row of that length SQLite keeps 2,030 bytes on its own page, eight of them the row's head, and 16,372 on each other one, behind
    // the next one's number.
    private const int RowLength = 49_766;

    private static IEnumerable<int> Lengths() =>
        from power in Enumerable.Range(9, 5) from beside in Enumerable.Range(-16, 33) select 2030 - 8 + 16_372 - 4 + (1 << power) + beside;

    [Fact]
    public async Task Read_LogThatAnotherProgramCopied_IsRight()
    {
        await SaveWithLossAsync(1, 0.25);
        await Store.DisposeAsync();
        await ReopenAsync();
        await SaveWithLossAsync(2, 0.125);

        // As a killed server leaves it: pages that were read, and pages that are new, in the log.
        var folder = Directory.CreateDirectory(Path.Combine(Options.DataFolder, "killed")).FullName;
        File.Copy(DatabasePath, Path.Combine(folder, Database.FileName));
        File.Copy(DatabasePath + "-wal", Path.Combine(folder, Database.FileName + "-wal"));
        var path = Path.Combine(folder, Database.FileName);
        using (var plain = SqliteCatalogConnection.Open($"Data Source={path};Pooling=False;Vfs=unix", ""))
        {
            Assert.Equal(2, plain.Scalar<long>("SELECT count(*) FROM checkpoints"));
        }

        Assert.False(File.Exists(path + "-wal"));
        using var database = Database.Open(folder);
        using var snapshot = database.OpenSnapshot();
        Assert.Equal("ok", snapshot.Connection.Scalar<string>("PRAGMA integrity_check"));
        Assert.Equal([0.25, 0.125], snapshot.Connection.Query("SELECT value FROM metrics ORDER BY step", row => row.GetDouble(0)));
    }

    [Fact]
    public async Task Write_NewDatabaseOfWhichPartIsCopied_HasSumsOnEveryPage()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Options.DataFolder, "other")).FullName;
        using var database = Database.Open(folder);
        using (var reader = database.OpenSnapshot())
        {
            _ = reader.Connection.Scalar<long>("SELECT count(*) FROM tasks");
            await database.WriteAsync(connection => connection.Execute("PRAGMA user_version = 99"), Stop);

            // The reader needs the first page as it was: all others go.
            using var connection = database.OpenConnection();
            connection.Query("PRAGMA wal_checkpoint(PASSIVE)", _ => true);
        }

        Assert.True(await database.EmptyLogAsync(Stop));
        RequireMarks(await File.ReadAllBytesAsync(database.Path, Stop));
        using var after = database.OpenSnapshot();
        Assert.Equal("ok", after.Connection.Scalar<string>("PRAGMA integrity_check"));
    }

    [Fact]
    public async Task Open_KilledBetweenRewritingAndCopying_CopiesAtOnce()
    {
        await SaveWithLossAsync(1, 0.25);
        await Store.DisposeAsync();
        OldStore.Rewrite(DatabasePath, schema: 3);
        var folder = Directory.CreateDirectory(Path.Combine(Options.DataFolder, "killed")).FullName;
        using (var connection = SqliteCatalogConnection.OpenFile(DatabasePath))
        {
            CheckedVfs.RequestSums(connection.Sqlite);
            connection.Execute("VACUUM");
            File.Copy(DatabasePath, Path.Combine(folder, Database.FileName));
            File.Copy(DatabasePath + "-wal", Path.Combine(folder, Database.FileName + "-wal"));
        }

        using var database = Database.Open(folder);
        using var opened = database.OpenConnection();
        Assert.True(CheckedVfs.HasSums(opened.Sqlite));
        Assert.True(await database.EmptyLogAsync(Stop));
        RequireMarks(await File.ReadAllBytesAsync(database.Path, Stop));
    }

    [Fact]
    public async Task Open_DatabaseWithoutSums_GivesThemToEveryPage()
    {
        await SaveWithLossAsync(1, 0.25);
        await Store.DisposeAsync();
        OldStore.Rewrite(DatabasePath, schema: 3);
        Assert.NotEqual("fpg1", MarkOf(await File.ReadAllBytesAsync(DatabasePath, Stop), 1));

        await ReopenAsync();
        Assert.Equal(Base.Change(1).ToBytes(), await Store.RestoreAsync("task", 1));
        await Store.DisposeAsync();
        var bytes = await File.ReadAllBytesAsync(DatabasePath, Stop);
        RequireMarks(bytes);
        Flip(DatabasePath, "0.25"u8);
        await Assert.ThrowsAsync<FishException>(ReopenAndReadAsync);
    }

    private async Task ReopenAndReadAsync()
    {
        await ReopenAsync();
        await Store.Checkpoints.GetAsync("task", StepRef.At(1), Stop);
    }

    private byte[] StoredBytes(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={DatabasePath};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (byte[])command.ExecuteScalar()!;
    }

    private static void RequireMarks(byte[] bytes) =>
        Assert.All(Enumerable.Range(1, bytes.Length / PageSize), page => Assert.Equal("fpg1", MarkOf(bytes, page)));

    private static string MarkOf(byte[] bytes, int page) => System.Text.Encoding.ASCII.GetString(bytes, (page * PageSize) - 8, 4);

    private async Task SaveWithLossAsync(long step, double loss)
    {
        using var file = Tensors.ModelFolder.Open(Base.Change((int)step).Write(Path.Combine(Options.DataFolder, $"step-{step}")));
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = loss };
        await Store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Full(file), new SaveOptions { Metrics = metrics }, Stop);
    }

    private static void Flip(string path, ReadOnlySpan<byte> pattern)
    {
        // The store may have the file open.
        using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var at = bytes.AsSpan().LastIndexOf(pattern);
        Assert.True(at >= 0);
        stream.Position = at;
        stream.WriteByte((byte)(bytes[at] ^ 1));
    }
}
