using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Repairs;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Sqlite.Pages;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>
/// SQLite ends a log at its first damaged frame. Where commits lie behind it, that is refused instead, and a repair takes them.
/// </summary>
public sealed class LogDamageTests : RepairTest
{
    private const int FrameLength = 16384 + 24;

    private string Killed => Path.Combine(Options.DataFolder, "..", "killed");

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(24 + 9000, "Frame 1 of fish.db-wal")]
    [InlineData(20, "Frame 1 of fish.db-wal")]
    [InlineData(9, "Frame 1 of fish.db-wal")]
    [InlineData(-10, "The head of fish.db-wal")]
    public async Task Open_DamagedFrameBeforeCommits_IsRefusedAndARepairTakesThem(int at, string named)
    {
        await KillAsync();
        FlipFile(Path.Combine(Killed, "fish.db-wal"), 32 + at);
        var before = Contents(Killed);
        var error = await Assert.ThrowsAsync<FishException>(
            () => SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Killed }, Stop));
        Assert.Equal(ErrorCode.CorruptStore, error.Code);
        Assert.StartsWith($"{named} is damaged", error.Cause, StringComparison.Ordinal);
        Assert.StartsWith($"{named} is damaged", StoreProbe.DamageOfLog(Killed)!, StringComparison.Ordinal);
        Assert.Equal(before, Contents(Killed));

        // The first frames of the log have been written again since: nothing of them is missed.
        var report = await StoreRepair.RunAsync(new RepairOptions { DataFolder = Killed, To = Target }, Stop);
        Assert.Equal("database: log", report.Quarantined[0].Key);
        Assert.Equal(0, report.Lost);
        await AssertHoldsAsync([]);
    }

    [Fact]
    public async Task Open_LogWhoseLastCommitIsCutOff_IsTakenWithoutIt()
    {
        await KillAsync();
        var path = Path.Combine(Killed, "fish.db-wal");
        var log = LogFrames.Read(path)!;
        Assert.Equal((null, log.Taken), (log.Damage, log.Committed));
        FlipFile(path, log.PlaceOf(log.Committed - 1) + 9000);
        Assert.Null(StoreProbe.DamageOfLog(Killed));
        await using var opened = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Killed }, Stop);
        Assert.Empty((await opened.Maintenance.VerifyAsync(null, Stop)).Damaged);
    }

    [Fact]
    public void Read_FramesOfAnEarlierLog_AreNotTakenForCommits()
    {
        var path = Path.Combine(Options.DataFolder, "..", "earlier-wal");
        Sql("CREATE TABLE some (value BLOB)");
        for (var number = 0; number < 3; number++)
        {
            Sql($"INSERT INTO some VALUES (randomblob({number * 20000}))");
        }

        File.Copy(DatabasePath + "-wal", path);
        var whole = LogFrames.Read(path)!;
        Assert.Null(whole.Damage);

        // As a log that SQLite has restarted: a head and a frame with another salt, and old frames behind it.
        FlipFile(path, 16);
        Assert.NotNull(LogFrames.Read(path)!.Damage);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = 32 + 8;
            file.Write(new byte[8]);
        }

        Assert.Null(LogFrames.Read(path)!.Damage);
    }

    private async Task KillAsync()
    {
        await PrepareAsync();
        Directory.CreateDirectory(Killed);
        foreach (var name in new[] { "fish.db", "fish.db-wal" })
        {
            await using var from = new FileStream(
                Path.Combine(Options.DataFolder, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            await using var to = File.Create(Path.Combine(Killed, name));
            await from.CopyToAsync(to, Stop);
        }

        Assert.True(new FileInfo(Path.Combine(Killed, "fish.db-wal")).Length > 10 * FrameLength);
        Directory.Move(Path.Combine(Options.DataFolder, "bases"), Path.Combine(Killed, "bases"));
    }
}
