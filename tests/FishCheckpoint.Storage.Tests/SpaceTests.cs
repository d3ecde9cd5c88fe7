using FishCheckpoint.Storage.Sqlite;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>Unused pages go back to the disk, and a reader who keeps the log does not make it grow without end.</summary>
public sealed class SpaceTests : IDisposable
{
    private const int Frames = 96;
    private const int MaxLogBytes = 1 << 20;

    private readonly string folder = Directory.CreateTempSubdirectory("fish-space-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact(Timeout = 600_000)]
    public async Task Return_ReaderKeepsTheLog_EndsForNowAndGoesOnAfterIt()
    {
        using var database = Database.Open(folder);
        for (var frame = 0; frame < Frames; frame++)
        {
            await database.WriteAsync(
                connection => connection.Insert("INSERT INTO frames (head, payload) VALUES ($0, $1)", new byte[1 << 20], 0), Stop);
        }

        Assert.True(await database.EmptyLogAsync(Stop));
        var full = database.Space.FileBytes;
        using (var reader = database.OpenSnapshot())
        {
            Assert.Equal(Frames, reader.Connection.Scalar<long>("SELECT count(*) FROM frames"));
            await database.WriteAsync(connection => connection.Execute("DELETE FROM frames WHERE id % 2 = 1"), Stop);
            await database.Space.ReturnAsync(() => true, Stop, MaxLogBytes);
            Assert.NotEqual(0, Unused(database));

            // One turn of moved pages at most, not all of them.
            Assert.InRange(new FileInfo(database.Path + "-wal").Length, 0, 3L << 23);
            Assert.Equal(Frames, reader.Connection.Scalar<long>("SELECT count(*) FROM frames WHERE length(head) = $0", 1 << 20));
        }

        await database.Space.ReturnAsync(() => true, Stop, MaxLogBytes);
        Assert.Equal(0, Unused(database));
        Assert.InRange(database.Space.FileBytes, 0, (full / 2) + (full / 20));
        using var after = database.OpenSnapshot();
        Assert.Equal(Frames / 2, after.Connection.Scalar<long>("SELECT count(*) FROM frames WHERE length(head) = $0", 1 << 20));
    }

    private static long Unused(Database database)
    {
        using var snapshot = database.OpenSnapshot();
        return snapshot.View.UnusedBytes;
    }
}
