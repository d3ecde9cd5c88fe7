using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>The running totals are what a recount finds, whatever was done; and what the file system says.</summary>
public sealed class TotalsTests : StoreFixture
{
    private readonly Clock clock = new();

    private string Scratch => Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(Options.DataFolder)!, "scratch")).FullName;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Totals_AfterAnything_AreARecount(int seed)
    {
        await ReopenAsync(Options with { Time = clock });
        var (random, saves) = (new Random(seed), new VariedSaves(Store, Base, Scratch, Stop));
        await saves.SaveAsync();
        AssertTotalsAreARecount();
        var mask = saves.MaskOf(Base, 500);
        for (var turn = 0; turn < 40; turn++)
        {
            await DoAsync(random, saves, mask, 100 + turn);
            clock.Now += TimeSpan.FromHours(7);
            if (turn % 5 == 0)
            {
                AssertTotalsAreARecount();
            }
        }

        AssertTotalsAreARecount();
        await Store.Tasks.DeleteAsync("narrow", Stop);
        AssertTotalsAreARecount();
        await Store.Tasks.DeleteAsync("task", Stop);
        AssertTotalsAreARecount();
        var report = await Store.Reports.GetStorageAsync(null, Stop);
        Assert.Equal((0L, 0L, 0L), (report.Checkpoints, report.Stored.Total, report.Reclaimable));
    }

    [Fact]
    public async Task Totals_OfADamagedHead_AreOfTheOthers()
    {
        await SaveAsync(1, Base.Change(1));
        await SaveAsync(2, Base.Change(2));
        Sql("UPDATE frames SET head = zeroblob(200) WHERE id = (SELECT frame FROM checkpoints WHERE step = 1)");
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        AssertTotalsAreARecount();
    }

    [Fact]
    public async Task Growth_CountsWhatIsDeletedOnThatDay()
    {
        await ReopenAsync(Options with { Time = clock });
        await SaveAsync(1, Base.Change(1));
        await SaveAsync(2, Base.Change(2));
        var first = (await Store.Reports.GetStorageAsync("task", Stop)).Stored.Total;
        clock.Now += TimeSpan.FromDays(3);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        var left = await Store.Reports.GetStorageAsync("task", Stop);
        var report = await Store.Reports.GetGrowthAsync(new GrowthRequest { Task = "task" }, Stop);
        Assert.Equal(30, report.Points.Count);
        Assert.Equal([2L, 0, 0, -1], report.Points.TakeLast(4).Select(point => point.Checkpoints));
        Assert.Equal([2L, 2, 2, 1], report.Points.TakeLast(4).Select(point => point.CheckpointsAtEnd));
        Assert.Equal([first, first, first, left.Stored.Total], report.Points.TakeLast(4).Select(point => point.StoredBytesAtEnd));
        Assert.All(report.Points.SkipLast(4), point => Assert.Equal((0L, 0L), (point.StoredBytes, point.StoredBytesAtEnd)));

        // A look back does not know what came later.
        var earlier = await Store.Reports.GetGrowthAsync(
            new GrowthRequest { To = DateOnly.FromDateTime(clock.Now.UtcDateTime).AddDays(-1), Bucket = GrowthBucket.Week }, Stop);
        Assert.Equal((2L, first), (earlier.Points[^1].CheckpointsAtEnd, earlier.Points[^1].StoredBytesAtEnd));
    }

    [Theory]
    [InlineData(BaseCompression.None)]
    [InlineData(BaseCompression.Compressed)]
    public async Task Report_IsWhatTheFileSystemSays(BaseCompression compression)
    {
        await ReopenAsync(Options with { Bases = compression });
        var saves = new VariedSaves(Store, Base, Scratch, Stop);
        await saves.SaveAsync();
        await Store.States.PutTrainerStateAsync("task", StepRef.At(3), new MemoryStream(new byte[300_000]), Stop);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(1), Stop);
        await Store.Checkpoints.DeleteAsync("task", StepRef.At(10), Stop);
        Sql("PRAGMA wal_checkpoint(TRUNCATE)");
        var disk = (await Store.Reports.GetStorageAsync(null, Stop)).Disk!;
        AssertNear(SizeOf("*"), disk.Bases + disk.Database + disk.Wal);
        AssertNear(new FileInfo(DatabasePath).Length, disk.Database);
        AssertNear(SizeOf("*.safetensors"), disk.Bases);

        var report = await Store.Reports.GetStorageAsync(null, Stop);
        Assert.Equal(disk.Database, report.Stored.Total + report.Reclaimable + disk.Overhead + disk.FreePages);
        Assert.InRange(disk.Overhead, 1, disk.Database);
        Assert.True(report.Reclaimable > 0);
        Assert.Equal(Ask("SELECT sum(length(data)) FROM pieces") + Ask("SELECT sum(length(head)) FROM frames"), report.Stored.Total
            + report.Reclaimable);
    }

    private async Task DoAsync(Random random, VariedSaves saves, Masks.Mask mask, long step)
    {
        var (task, existing) = saves.Models.Keys.ElementAt(random.Next(saves.Models.Count));
        switch (random.Next(9))
        {
            case 0 or 1:
                await saves.SaveMaskedAsync("task", step, 1, random.Next(2) == 0 ? mask : saves.MaskOf(Base, 700), Base);
                break;
            case 2:
                await SaveAsync(step, Base.Change((int)step, 0.001));
                saves.Models[("task", step)] = Base;
                break;
            case 3 or 4 or 5:
                await Store.Checkpoints.DeleteAsync(task, StepRef.At(existing), Stop);
                saves.Models.Remove((task, existing));
                break;
            case 6:
                await Store.Maintenance.RecodeAsync(new RecodeOptions { MaxBytes = 100_000 }, Stop);
                break;
            case 7:
                await GiveStateAsync(task, existing, random.Next(1, 5000));
                break;
            default:
                await Store.Tasks.PutAsync($"more-{step}", new TaskSpec("base"), Stop);
                break;
        }
    }

    private async Task GiveStateAsync(string task, long step, int bytes)
    {
        try
        {
            await Store.States.PutTrainerStateAsync(task, StepRef.At(step), new MemoryStream(new byte[bytes]), Stop);
        }
        catch (FishException taken) when (taken.Code == ErrorCode.StateTaken)
        {
            // It has one already.
        }
    }

    private long SizeOf(string pattern) =>
        Directory.EnumerateFiles(Options.DataFolder, pattern, SearchOption.AllDirectories)
            .Where(file => !file.EndsWith("-shm", StringComparison.Ordinal))
            .Sum(file => new FileInfo(file).Length);

    private static void AssertNear(long expected, long actual) =>
        Assert.InRange(actual, expected - (expected / 100), expected + (expected / 100));

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 14, 9, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
