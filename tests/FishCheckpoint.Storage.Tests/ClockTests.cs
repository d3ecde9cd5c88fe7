using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>A clock that jumps by years changes what <c>created</c> says, and nothing else: steps decide.</summary>
public sealed class ClockTests : StoreFixture
{
    [Fact]
    public async Task Save_WhileTheClockJumps_KeepsTheOrderOfSteps()
    {
        var years = new[] { 2026, 1971, 2099, 2026, 2000 };
        for (var step = 0; step < years.Length; step++)
        {
            await ReopenAsync(Options with { Time = new FixedTime(years[step]) });
            using var file = Tensors.ModelFolder.Open(Base.Change(step + 1).Write(Path.Combine(Options.DataFolder, $"step-{step}")));
            var metrics = new Dictionary<string, double>(StringComparer.Ordinal) { ["loss"] = step };
            await Store.Checkpoints.SaveAsync("task", step, new CheckpointContent.Full(file), new SaveOptions { Metrics = metrics }, Stop);
        }

        var retention = new Retention(KeepLast: 2, Monitor: "loss");
        await Store.Tasks.PutAsync("task", new TaskSpec("base", Retention: retention), Stop);
        var items = (await Store.Checkpoints.ListAsync("task", new PageRequest(), Stop).ReadPageAsync()).Items;
        Assert.Equal([0, 1, 2, 3, 4], items.Select(item => item.Step));
        Assert.Equal(years, items.Select(item => item.Created.Year));
        Assert.Equal(4, (await Store.Checkpoints.GetAsync("task", StepRef.Latest, Stop)).Step);
        Assert.Equal(0, (await Store.Checkpoints.GetAsync("task", StepRef.Best, Stop)).Step);
        Assert.Equal([1, 2], (
            await Store.Maintenance.CollectAsync(new CollectOptions { DryRun = true }, Stop)).Checkpoints.Select(item => item.Step));
        for (var step = 0; step < years.Length; step++)
        {
            Assert.Equal(Base.Change(step + 1).ToBytes(), await Store.RestoreAsync("task", step));
        }
    }

    [Theory]
    [InlineData(1971)]
    [InlineData(9998)]
    public async Task Recode_AtAnyTime_ComesToAnEnd(int year)
    {
        await ReopenAsync(Options with { Time = new FixedTime(year) });
        await SaveAsync(1, Base.Change(1));
        Assert.True((await Store.Maintenance.RecodeAsync(new RecodeOptions { MaxTime = TimeSpan.FromHours(1) }, Stop)).Finished);
    }

    [Fact]
    public async Task Open_WithAClockFarAhead_LeavesFilesOfAProcessThatLives()
    {
        var living = Directory.CreateDirectory(Path.Combine(Options.TemporaryFolder, "upload.base")).FullName;
        await using var second = await SqliteCheckpointStore.OpenAsync(Options with { Time = new FixedTime(2099) }, Stop);
        Assert.True(Directory.Exists(living));
    }

    // Elapsed time is measured by another clock, which does not jump.
    private sealed class FixedTime(int year) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(year, 6, 1, 0, 0, 0, TimeSpan.Zero);
    }
}
