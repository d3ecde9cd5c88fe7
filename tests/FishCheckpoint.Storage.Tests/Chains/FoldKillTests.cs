using System.Diagnostics;
using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Storage.Tests.Chains;

/// <summary>Folding killed at any moment, or done by two at once: every checkpoint has its old parent or its new one.</summary>
[Trait("Category", "Slow")]
public sealed class FoldKillTests : ChainTest
{
    /// <summary>The environment variable that turns this test program into the folder to be killed.</summary>
    public const string FolderFolder = "FISH_TEST_FOLD_FOLDER";

    private static readonly FoldOptions Tight = new() { MaxReadCost = 1.05 };

    [Fact(Timeout = 900_000)]
    public async Task Kill_DuringFolding_LeavesEverythingReadable()
    {
        await SaveStepsAsync("task", 1, 16, 6_000);
        var (random, chain) = (new Random(20261125), Ask("SELECT sum(chain_bytes) FROM checkpoints"));
        for (var round = 0; round < 4; round++)
        {
            await Store.DisposeAsync();
            await RunFolderAsync(random.Next(0, 30));
            await ReopenAsync();
            AssertTotalsAreARecount();
            await AssertAllAsync();
        }

        Assert.InRange(Ask("SELECT sum(chain_bytes) FROM checkpoints"), 1, chain - 1);
        Assert.True((await Store.Maintenance.FoldAsync(Tight, Stop)).Finished);
        AssertTotalsAreARecount();
        await AssertAllAsync();
    }

    [Fact(Timeout = 900_000)]
    public async Task Fold_TwoAtOnce_ComeToTheSame()
    {
        await SaveStepsAsync("task", 1, 12, 6_000);
        await using var other = await SqliteCheckpointStore.OpenAsync(Options, Stop);
        var results = await Task.WhenAll(Store.Maintenance.FoldAsync(Tight, Stop), other.Maintenance.FoldAsync(Tight, Stop));
        Assert.All(results, result => Assert.Empty(result.Damaged));
        Assert.InRange(results.Sum(result => result.Folded), 1, 24);
        AssertTotalsAreARecount();
        await AssertAllAsync();
    }

    [Fact]
    public async Task Fold_WriteThatFails_LeavesTheOldFrames()
    {
        await SaveStepsAsync("task", 1, 8, 6_000);
        Sql("CREATE TRIGGER fails BEFORE UPDATE OF depth ON checkpoints BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END");
        var error = await Assert.ThrowsAsync<Errors.FishException>(() => Store.Maintenance.FoldAsync(Tight, Stop));
        Assert.Equal(Errors.ErrorCode.StorageUnavailable, error.Code);
        AssertTotalsAreARecount();
        await AssertAllAsync();
        Sql("DROP TRIGGER fails");
        Assert.InRange((await Store.Maintenance.FoldAsync(Tight, Stop)).Folded, 1, 8);
        AssertTotalsAreARecount();
        await AssertAllAsync();
    }

    [Fact]
    public async Task Fold_DamagedLink_IsNamedAndLeftAlone()
    {
        await SaveStepsAsync("task", 1, 8, 6_000);
        var frame = Ask("SELECT frame FROM checkpoints WHERE step = 3");
        Sql(
            $"UPDATE pieces SET data = CAST(substr(data, 1, 20) || x'5A5B5C' || substr(data, 24) AS BLOB) WHERE frame = {frame} AND "
            + "position = 0");
        var result = await Store.Maintenance.FoldAsync(Tight, Stop);
        Assert.NotEmpty(result.Damaged);
        Assert.All(result.Damaged, found => Assert.Contains("CORRUPT_", found.Problem, StringComparison.Ordinal));
        Assert.Equal(1, Ask($"SELECT hex(substr(data, 21, 3)) = '5A5B5C' FROM pieces WHERE frame = {frame} AND position = 0"));
        AssertTotalsAreARecount();
    }

    /// <summary>The folder: takes one checkpoint after another and says so on its output.</summary>
    internal static async Task FoldAsync(string folder)
    {
        await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = folder });
        while (!(await store.Maintenance.FoldAsync(Tight with { MaxBytes = 1 })).Finished)
        {
            Console.WriteLine("folded");
            await Console.Out.FlushAsync();
        }
    }

    // Kills the folder a few milliseconds after it has said that it folded something.
    private async Task RunFolderAsync(int milliseconds)
    {
        using var folder = Process.Start(OwnProcess.Start(FolderFolder, Options.DataFolder))!;
        try
        {
            await folder.StandardOutput.ReadLineAsync(Stop);
            await Task.Delay(milliseconds, Stop);
        }
        finally
        {
            folder.Kill();
        }

        await folder.WaitForExitAsync(Stop);
        Assert.Equal("", await folder.StandardError.ReadToEndAsync(Stop));
    }
}
