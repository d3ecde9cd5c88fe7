using System.Diagnostics;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Engine;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>A trainer killed at any moment and started again ends where it would have ended without: the same bits.</summary>
[Trait("Category", "Slow")]
public sealed class TrainingKillTests : IAsyncLifetime
{
    /// <summary>The environment variable that turns this test program into the trainer to be killed.</summary>
    public const string TrainerFolder = "FISH_TEST_TRAINER_FOLDER";

    private const string Task = "tiny";
    private const int Steps = 400;
    private const int Kills = 10;

    private readonly string folder = Directory.CreateTempSubdirectory("fish-training-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await using var store = await OpenAsync(folder);
        await store.Bases.AddAsync(Task, ModelUpload.FromStream(new MemoryStream(New().ToFile())), Stop);
        await store.Tasks.PutAsync(Task, new TaskSpec(Task), Stop);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact(Timeout = 600_000)]
    public async Task Train_KilledTenTimesAndResumed_EndsWithTheSameBits()
    {
        var random = new Random(20261123);
        var (reached, kills) = (0L, 0);
        for (var round = 0; round < Kills; round++)
        {
            // Killed a little after a step that lies further on: in the middle of whatever it is doing then.
            var target = reached + random.Next(5, 30);
            reached = await RunTrainerAsync(trainer => trainer.Kill(), target, random.Next(0, 15));
            kills++;
        }

        Assert.Equal(Kills, kills);
        Assert.InRange(reached, 10, Steps - 1);
        await RunTrainerAsync(null, long.MaxValue, 0);
        await AssertEndsAsUninterruptedAsync();
    }

    [Theory(Timeout = 600_000)]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public async Task Train_AskedToStop_SavesItsStepAndExits(string signal, int code)
    {
        long reported = 0;
        var start = OwnProcess.Start(TrainerFolder, folder);
        start.ArgumentList.Add("1000000");
        using var trainer = Process.Start(start)!;
        while (await trainer.StandardOutput.ReadLineAsync(Stop) is { } line)
        {
            reported = long.Parse(line);
            if (reported == 15)
            {
                using var kill = Process.Start("kill", ["-s", signal, $"{trainer.Id}"]);
                await kill.WaitForExitAsync(Stop);
            }
        }

        await trainer.WaitForExitAsync(Stop);
        Assert.Equal(code, trainer.ExitCode);
        await using var store = await OpenAsync(folder);
        var latest = await store.Checkpoints.GetAsync(Task, StepRef.Latest, Stop);

        // The step after the last that it reported: there it noticed the signal.
        Assert.Equal(reported + 1, latest.Step);
        Assert.True(latest.TrainerStateBytes > 0);
    }

    /// <summary>The trainer: resumes, trains step after step, and says so on its output.</summary>
    internal static async Task TrainAsync(string folder)
    {
        await using var store = await OpenAsync(folder);
        var trainer = New();
        var every = Environment.GetCommandLineArgs()[^1] == "1000000" ? 1_000_000 : 1;
        await using var hook = new CheckpointHook(
            store, Task, trainer.Mask, trainer.BytesOf,
            new CheckpointHookOptions { SaveEverySteps = every, Busy = BusyPolicy.Skip, State = trainer.State });
        var from = await hook.ResumeAsync();
        for (var step = (from?.Step ?? 0) + 1; step <= Steps || every > 1; step++)
        {
            trainer.Step(step);
            hook.OnStep(step);
            Console.WriteLine(step);
            await Console.Out.FlushAsync();
            await System.Threading.Tasks.Task.Delay(1);
        }

        await hook.CompleteAsync();
    }

    private static TinyTrainer New() => new(new SeededRandom(3));

    private static Task<CheckpointStore> OpenAsync(string folder) =>
        SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Path.Combine(folder, "data") });

    private async Task<long> RunTrainerAsync(Action<Process>? end, long target, int milliseconds)
    {
        using var trainer = Process.Start(OwnProcess.Start(TrainerFolder, folder))!;
        long reached = 0;
        while (await trainer.StandardOutput.ReadLineAsync(Stop) is { } line)
        {
            reached = long.Parse(line);
            if (end is not null && reached >= target)
            {
                await System.Threading.Tasks.Task.Delay(milliseconds, Stop);
                end(trainer);
                end = null;
            }
        }

        await trainer.WaitForExitAsync(Stop);
        Assert.True(reached > 0, await trainer.StandardError.ReadToEndAsync(Stop));
        return reached;
    }

    private async Task AssertEndsAsUninterruptedAsync()
    {
        var trainer = New();
        await using var store = await OpenAsync(folder);
        for (var step = 1; step <= Steps; step++)
        {
            trainer.Step(step);
        }

        Assert.Equal(trainer.ToFile(), await store.RestoreAsync(Task, Steps));
    }
}
