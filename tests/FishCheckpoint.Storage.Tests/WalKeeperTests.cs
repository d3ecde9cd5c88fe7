using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Storage.Sqlite;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>What is committed gets from the log into the database without a writer that waits for it.</summary>
[Trait("Category", "Slow")]
public sealed class WalKeeperTests : IDisposable
{
    private const int Frames = 24;

    private readonly string folder = Directory.CreateTempSubdirectory("fish-wal-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Write_ManyPages_AreCopiedAndRead()
    {
        using (var database = Database.Open(folder))
        {
            for (var frame = 0; frame < Frames; frame++)
            {
                var payload = new byte[16 << 20];
                payload.AsSpan().Fill((byte)frame);
                await database.WriteAsync(
                    connection => connection.Insert("INSERT INTO frames (head, payload) VALUES ($0, $1)", payload, 0),
                    TestContext.Current.CancellationToken);
            }

            // By the writer itself at the latest, once the log has outgrown its bound.
            Assert.InRange(new FileInfo(database.Path).Length, 16 << 20, long.MaxValue);
            using var snapshot = database.OpenSnapshot();
            Assert.Equal(Frames, snapshot.Connection.Scalar<long>("SELECT count(*) FROM frames WHERE length(head) = $0", 16 << 20));
        }

        using var again = Database.Open(folder);
        using var reopened = again.OpenSnapshot();
        Assert.Equal(Frames - 1, reopened.Connection.Scalar<byte[]>("SELECT substr(head, -1) FROM frames ORDER BY id DESC LIMIT 1")[0]);
    }

    [Fact]
    public void Committed_LogThatCannotBeCopied_DoesNotFail()
    {
        using (Database.Open(folder))
        {
        }

        using var connection = Open();

        // SQLite retries what is refused so for this long, in seconds, and nothing releases the lock.
        connection.Sqlite.DefaultTimeout = 1;
        var keeper = new WalKeeper(connection, () => throw new InvalidOperationException("Not beside."), most: 0);
        using var transaction = connection.Begin();
        connection.Insert("INSERT INTO frames (head, payload) VALUES ($0, $1)", new byte[16], 0);

        // Within a transaction SQLite refuses to copy: an error like that of a full disk.
        Assert.Throws<CatalogException>(() => connection.Query("PRAGMA wal_checkpoint(PASSIVE)", _ => true));
        keeper.Committed();
        transaction.Commit();
    }

    [Fact(Timeout = 600_000)]
    public async Task Committed_ReadersThatOverlap_CutsTheLogPastItsBound()
    {
        using (Database.Open(folder))
        {
        }

        using var connection = Open();
        var log = new FileInfo(Path.Combine(folder, $"{Database.FileName}-wal"));
        var keeper = new WalKeeper(connection, Open, most: 1, maxBytes: 1 << 20);
        using var written = new CancellationTokenSource();
        var reading = Task.Run(() => ReadAsync(written.Token), TestContext.Current.CancellationToken);
        var (before, isCut) = (0L, false);
        while (!isCut)
        {
            // Where a reader stays longer than is waited for, the next turn cuts it.
            connection.Insert("INSERT INTO frames (head, payload) VALUES ($0, $1)", new byte[1 << 16], 0);
            keeper.Committed();
            log.Refresh();
            isCut = log.Length < before;
            before = log.Length;
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await written.CancelAsync();
        await reading;
        keeper.Finish();
    }

    // The next reader is there before the last one goes: never is nobody in the log.
    private async Task ReadAsync(CancellationToken written)
    {
        var reader = new Snapshot(Open());
        while (!written.IsCancellationRequested)
        {
            var next = new Snapshot(Open());
            _ = next.Connection.Scalar<long>("SELECT count(*) FROM frames");
            reader.Dispose();
            reader = next;
            await Task.Delay(2, CancellationToken.None);
        }

        reader.Dispose();
    }

    private SqliteCatalogConnection Open() => SqliteCatalogConnection.OpenFile(Path.Combine(folder, Database.FileName));
}
