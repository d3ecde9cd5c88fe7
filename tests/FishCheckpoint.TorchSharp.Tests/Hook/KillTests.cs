using System.Diagnostics;
using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.TorchSharp.Tests;

/// <summary>
/// A trainer killed at any moment goes on bit for bit: batch normalization, dropout, masked AdamW, a schedule, and a shuffling sampler.
/// </summary>
public sealed class KillTests
{
    /// <summary>The environment variable that turns this test program into the trainer to be killed.</summary>
    public const string TrainerFolder = "FISH_TEST_TRAINER_FOLDER";

    private const int Kills = 10;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Trait("Category", "Slow")]
    [Fact(Timeout = 900_000)]
    public async Task Kill_TenTimesWhileTraining_EndsWithTheBitsOfTheRunThatWasNot()
    {
        using var net = Classifier.Seeded(KillRun.Seed);
        await using var temporary = await TemporaryStore.CreateAsync(net, KillRun.Task);
        await using var whole = await TemporaryStore.CreateAsync(net, KillRun.Task);
        var random = new Random(20261123);
        var resumedAt = new HashSet<string>();
        for (var kill = 0; kill < Kills; kill++)
        {
            var lines = await RunAsync(temporary.Folder, random.Next(3, 20), random.Next(0, 20));
            resumedAt.Add(lines[0]);
            Assert.False(lines[^1].StartsWith("done", StringComparison.Ordinal), "The trainer was done before it was killed.");
        }

        var last = await RunAsync(temporary.Folder, int.MaxValue, 0);
        var expected = await RunAsync(whole.Folder, int.MaxValue, 0);
        Assert.True(resumedAt.Count > 2, string.Join(", ", resumedAt));
        Assert.NotEqual("resumed 0", last[0]);
        Assert.Equal("resumed 0", expected[0]);
        Assert.StartsWith("done ", expected[^1], StringComparison.Ordinal);
        Assert.Equal(expected[^1], last[^1]);

        // And so does every checkpoint on the way.
        await temporary.ReopenAsync();
        await whole.ReopenAsync();
        var steps = (await whole.Store.Checkpoints.ListAsync(KillRun.Task, new PageRequest(1000), Stop).ReadPageAsync()).Items.Select(
            item => item.Step).ToArray();
        Assert.Equal(steps, (await temporary.Store.Checkpoints.ListAsync(
            KillRun.Task, new PageRequest(1000), Stop).ReadPageAsync()).Items.Select(item => item.Step));
        foreach (var step in steps)
        {
            Assert.Equal(await whole.RestoreAsync(KillRun.Task, step), await temporary.RestoreAsync(KillRun.Task, step));
        }
    }

    // Kills the trainer with SIGKILL a few milliseconds after one of its steps.
    private static async Task<List<string>> RunAsync(string folder, int steps, int milliseconds)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(KillTests).Assembly.Location);
        }

        start.Environment[TrainerFolder] = folder;

        // A killed runtime cannot remove its diagnostic pipes.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        using var trainer = Process.Start(start)!;
        var lines = new List<string>();
        try
        {
            while (await trainer.StandardOutput.ReadLineAsync(Stop) is { } line)
            {
                lines.Add(line);
                if (lines.Count > steps)
                {
                    await Task.Delay(milliseconds, Stop);
                    trainer.Kill();
                }
            }
        }
        finally
        {
            trainer.Kill();
        }

        await trainer.WaitForExitAsync(Stop);
        Assert.True(lines.Count > 0, await trainer.StandardError.ReadToEndAsync(Stop));
        return lines;
    }
}
