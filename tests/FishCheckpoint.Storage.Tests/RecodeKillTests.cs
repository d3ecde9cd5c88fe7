using System.Diagnostics;
using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>A recoder killed at any moment: every frame is the old one or the new one.</summary>
[Trait("Category", "Slow")]
public sealed class RecodeKillTests : RecodeTest
{
    /// <summary>The environment variable that turns this test program into the recoder to be killed.</summary>
    public const string RecoderFolder = "FISH_TEST_RECODER_FOLDER";

    [Fact(Timeout = 600_000)]
    public async Task Kill_DuringRecoding_LeavesEverythingReadable()
    {
        var saves = await SaveAllAsync();
        var (random, stored) = (new Random(20261124), Ask("SELECT sum(length(data)) FROM pieces"));
        for (var round = 0; round < 5; round++)
        {
            await Store.DisposeAsync();
            await RunRecoderAsync(frames: 2, random.Next(0, 12));
            await ReopenAsync();
            AssertTotalsAreARecount();
            await AssertAllAsync(saves);
        }

        Assert.InRange(Ask("SELECT sum(length(data)) FROM pieces"), 1, stored - 1);
        Assert.True((await Store.Maintenance.RecodeAsync(null, Stop)).Finished);
        AssertTotalsAreARecount();
        await AssertAllAsync(saves);
    }

    /// <summary>The recoder: takes one frame after another and says so on its output.</summary>
    internal static async Task RecodeAsync(string folder)
    {
        await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = folder, Codec = Fast });
        while (!(await store.Maintenance.RecodeAsync(new RecodeOptions { MaxBytes = 1 })).Finished)
        {
            Console.WriteLine("recoded");
            await Console.Out.FlushAsync();
        }
    }

    // Kills the recoder a few milliseconds after it has said that it recoded some frames.
    private async Task RunRecoderAsync(int frames, int milliseconds)
    {
        using var recoder = Process.Start(OwnProcess.Start(RecoderFolder, Options.DataFolder))!;
        try
        {
            for (var frame = 0; frame < frames && await recoder.StandardOutput.ReadLineAsync(Stop) is not null; frame++)
            {
            }

            await Task.Delay(milliseconds, Stop);
        }
        finally
        {
            recoder.Kill();
        }

        await recoder.WaitForExitAsync(Stop);
        Assert.Equal("", await recoder.StandardError.ReadToEndAsync(Stop));
    }
}
