using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>Rounds that read a part: by bytes, by time, by subset, by task; each goes on where the last ended.</summary>
public sealed class VerifyRoundTests : VerifyTest
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Budget_OfBytes_GoesOnUntilEverythingWasRead(bool quick)
    {
        await PrepareAsync();
        var (rounds, column) = (0, quick ? "quick" : "full");
        while (Ask($"SELECT count(*) FROM verified WHERE {column} IS NOT NULL") is var known && known < Things())
        {
            var report = await Store.Maintenance.VerifyAsync(new VerifyOptions { Quick = quick, MaxBytes = 400_000 }, Stop);
            Assert.False(report.Finished);
            Assert.Empty(report.Damaged);
            Assert.InRange(report.Items, 1, Things() - 1);
            Assert.InRange(Ask($"SELECT count(*) FROM verified WHERE {column} IS NOT NULL"), known + 1, Things());
            Assert.InRange(++rounds, 1, 30);
        }

        Assert.InRange(rounds, 3, 30);
    }

    [Fact]
    public async Task Budget_OfAnInstant_TakesTheOldestFirst()
    {
        await PrepareAsync();
        await Store.Maintenance.VerifyAsync(null, Stop);
        Sql("UPDATE verified SET full = full - 100000 WHERE item = (SELECT max(item) FROM verified WHERE item LIKE 'mask %')");
        var oldest = Ask("SELECT min(full) FROM verified");
        var report = await Store.Maintenance.VerifyAsync(new VerifyOptions { MaxTime = TimeSpan.FromTicks(1) }, Stop);
        Assert.Equal((1L, false), (report.Items, report.Finished));
        Assert.InRange(Ask("SELECT min(full) FROM verified"), oldest + 1, long.MaxValue);
    }

    [Fact]
    public async Task Subsets_TogetherAreEverything()
    {
        await PrepareAsync();
        var items = 0L;
        for (var part = 1; part <= 5; part++)
        {
            var report = await Store.Maintenance.VerifyAsync(new VerifyOptions { Quick = true, Subset = new VerifySubset(part, 5) }, Stop);
            Assert.True(report.Finished);
            items += report.Items;
        }

        Assert.Equal((Things(), Things()), (items, Ask("SELECT count(quick) FROM verified")));
        Assert.Equal(
            (await Store.Maintenance.VerifyAsync(new VerifyOptions { Quick = true, Subset = new VerifySubset(2, 5) }, Stop)).Bytes,
            (await Store.Maintenance.VerifyAsync(new VerifyOptions { Quick = true, Subset = new VerifySubset(2, 5) }, Stop)).Bytes);
    }

    [Fact]
    public async Task ATask_IsVerifiedWithItsMasksAndItsBase()
    {
        await PrepareAsync();
        var report = await Store.Maintenance.VerifyAsync(new VerifyOptions { Task = "narrow" }, Stop);
        Assert.Equal((3L, true), (report.Checkpoints, report.Finished));
        Assert.Equal(1 + 1 + 1 + 3 + 1, report.Items);
    }

    [Fact]
    public async Task Budget_WithDamagedThings_GetsOn()
    {
        await PrepareAsync();
        File.Delete(BaseFileOf(Base));
        for (var round = 0; round < 40 && Ask("SELECT count(full) FROM verified") < Things(); round++)
        {
            await Store.Maintenance.VerifyAsync(new VerifyOptions { MaxTime = TimeSpan.FromTicks(1) }, Stop);
        }

        Assert.Equal(Things(), Ask("SELECT count(full) FROM verified"));
    }

    [Fact]
    public async Task Store_ThatCannotBeWritten_IsReportedAllTheSame()
    {
        await PrepareAsync();
        FlipPiece(Frames("SELECT frame FROM checkpoints WHERE step = 42")[0]);
        Sql("CREATE TRIGGER fails BEFORE INSERT ON verified BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
        var report = await Store.Maintenance.VerifyAsync(null, Stop);
        Assert.Equal("task/42", Assert.Single(report.Damaged).Key);
    }

    [Fact]
    public async Task Verify_WhileOthersSaveAndDelete_FindsNothingWrong()
    {
        await PrepareAsync();
        var saving = Task.Run(
            async () =>
            {
                for (var step = 100; step < 130; step++)
                {
                    await SaveAsync(step, Base.Change(step, 0.001));
                    if (step % 2 == 0)
                    {
                        await Store.Checkpoints.DeleteAsync("task", StepRef.At(step), Stop);
                    }
                }
            },
            Stop);
        do
        {
            var report = await Store.Maintenance.VerifyAsync(null, Stop);
            Assert.True(report.Damaged.Count == 0, string.Join(';', report.Damaged));
        }
        while (!saving.IsCompleted);
        await saving;
    }

    private long Things() => Ask("SELECT count(*) FROM frames") + Ask("SELECT count(*) FROM base_files") + 1;
}
