using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Api.Tests.Clients;

/// <summary>A server that is down, or hangs, costs a hook new tries, and training nothing.</summary>
public sealed class HookOutageTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fish-outage-").FullName;

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(0.5);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_ServerGoesAndComesBack_LosesNothing()
    {
        var port = FreePort();
        var trainer = new TinyTrainer(new SeededRandom(3));
        await using var client = FishClient.Connect(new Uri($"http://127.0.0.1:{port}"));
        var server = await LoopbackServer.StartAsync(folder, port);
        await client.Bases.AddAsync("tiny", ModelUpload.FromStream(new MemoryStream(trainer.ToFile())), Stop);
        await client.Tasks.PutAsync("tiny", new TaskSpec("tiny"), Stop);
        var (warnings, away) = (new List<string>(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var hook = new CheckpointHook(client, "tiny", trainer.Mask, trainer.BytesOf, new CheckpointHookOptions
        {
            SaveEverySteps = 1, Busy = BusyPolicy.Wait, SaveOnStop = false, State = trainer.State,
            RetryDelay = TimeSpan.FromMilliseconds(20),
            OnWarning = warning =>
            {
                warnings.Add(warning);
                away.TrySetResult();
            },
        });
        Train(trainer, hook, 1, 5);
        await hook.SaveAsync(cancellation: Stop);

        await server.DisposeAsync();
        Train(trainer, hook, 6, 6);
        await away.Task.WaitAsync(Stop);
        Train(trainer, hook, 7, 60);
        await using var again = await LoopbackServer.StartAsync(folder, port);
        var summary = await hook.CompleteAsync(Stop);

        Assert.Equal(0, summary.Failed);
        Assert.True(summary.Skipped > 0);
        Assert.Equal(["is retried", "was skipped"], warnings.Select(warning =>
            warning.Contains("retrying", StringComparison.Ordinal) ? "is retried"
                : warning.Contains("was skipped", StringComparison.Ordinal) ? "was skipped" : warning));
        Assert.Equal(trainer.ToFile(), await client.RestoreAsync("tiny", 60));
        Assert.Contains(hook.Reports, report => report.Retries > 0);
    }

    [Fact]
    public async Task Train_ServerThatHangsAndComesBack_NeverBlocksAndLosesNothing()
    {
        var gate = new ScriptedServer.Gate();
        await using var server = await LoopbackServer.StartAsync(folder);
        await using var between = new ScriptedServer(ScriptedServer.PassTo(server.Address, gate));
        await using var client = FishClient.Connect(between.Address, new FishClientOptions { IdleTimeout = Short });
        var trainer = await BeginAsync(server);
        var warnings = new ConcurrentQueue<string>();
        await using var hook = Hook(client, trainer, warnings);
        Train(trainer, hook, 1, 3);
        await StoreAsync(hook);

        gate.Close();
        Train(trainer, hook, 4, 20);
        Assert.Null(await hook.SaveAsync(cancellation: Stop));
        Assert.Contains(warnings, warning => warning.Contains("The server did not respond", StringComparison.Ordinal));
        Assert.Contains(warnings, warning => warning.Contains("stops waiting", StringComparison.Ordinal));
        Train(trainer, hook, 21, 30);
        gate.Reopen();
        await StoreAsync(hook);
        await using var direct = server.OpenClient();
        Assert.Equal(trainer.ToFile(), await direct.RestoreAsync("tiny", 30));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task End_ServerThatHangsForGood_GivesUp(bool completes)
    {
        var gate = new ScriptedServer.Gate();
        await using var server = await LoopbackServer.StartAsync(folder);
        await using var between = new ScriptedServer(ScriptedServer.PassTo(server.Address, gate));
        await using var client = FishClient.Connect(between.Address, new FishClientOptions { IdleTimeout = Short });
        var trainer = await BeginAsync(server);
        var hook = Hook(client, trainer, []);
        Train(trainer, hook, 1, 1);
        await StoreAsync(hook);
        gate.Close();
        Train(trainer, hook, 2, 4);
        if (completes)
        {
            var failed = await Assert.ThrowsAnyAsync<Exception>(() => hook.CompleteAsync(Stop));
            var error = Assert.IsType<FishException>((failed as AggregateException)?.InnerExceptions[0] ?? failed);
            Assert.Equal(ErrorCode.ServerUnavailable, error.Code);
            Assert.Contains("The server did not respond", error.Cause, StringComparison.Ordinal);
        }

        await hook.DisposeAsync();
        Assert.InRange(hook.Summary.Failed, 1, 3);
    }

    [Fact]
    public async Task Begin_ServerThatHangs_TrainsAndResumingSaysWhatHappened()
    {
        await using var server = new ScriptedServer(ScriptedServer.Silent);
        await using var client = FishClient.Connect(server.Address, new FishClientOptions { IdleTimeout = Short });
        var trainer = new TinyTrainer(new SeededRandom(3));
        await using var hook = Hook(client, trainer, []);
        var error = await Assert.ThrowsAsync<FishException>(() => hook.ResumeAsync(cancellation: Stop));
        Assert.Equal(ErrorCode.ServerUnavailable, error.Code);
        Assert.Contains("The server did not respond", error.Cause, StringComparison.Ordinal);
        Train(trainer, hook, 1, 5);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static async Task<TinyTrainer> BeginAsync(LoopbackServer server)
    {
        var trainer = new TinyTrainer(new SeededRandom(3));
        await using var direct = server.OpenClient();
        await direct.Bases.AddAsync("tiny", ModelUpload.FromStream(new MemoryStream(trainer.ToFile())), Stop);
        await direct.Tasks.PutAsync("tiny", new TaskSpec("tiny"), Stop);
        return trainer;
    }

    // On a busy machine the server may take longer than these tests' limit.
    private static async Task StoreAsync(CheckpointHook hook)
    {
        while (await hook.SaveAsync(cancellation: Stop) is not { Error: null })
        {
        }
    }

    private static CheckpointHook Hook(FishClient client, TinyTrainer trainer, ConcurrentQueue<string> warnings) => new(
        client, "tiny", trainer.Mask, trainer.BytesOf, new CheckpointHookOptions
        {
            SaveEverySteps = 1, SaveOnStop = false, State = trainer.State, RetryDelay = TimeSpan.FromMilliseconds(10), RetryFor = Short,
            OnWarning = warnings.Enqueue,
        });

    private static void Train(TinyTrainer trainer, CheckpointHook hook, long first, long last)
    {
        for (var step = first; step <= last; step++)
        {
            trainer.Step(step);
            hook.OnStep(step);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
