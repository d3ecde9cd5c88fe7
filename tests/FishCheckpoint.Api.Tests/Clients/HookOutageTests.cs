using System.Net;
using System.Net.Sockets;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client;
using FishCheckpoint.Contract;
using FishCheckpoint.Training;
using Xunit;

namespace FishCheckpoint.Api.Tests.Clients;

/// <summary>A server that is down for a while costs a hook new tries, and training nothing.</summary>
public sealed class HookOutageTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fish-outage-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_ServerGoesAndComesBack_LosesNothing()
    {
        var port = FreePort();
        var trainer = new TinyTrainer(new SeededRandom(3));
        await using var client = FishClient.Connect(new Uri($"http://127.0.0.1:{port}"));
        var server = await LoopbackServer.StartAsync(folder, port);
        await client.AddBaseAsync("tiny", ModelUpload.FromStream(new MemoryStream(trainer.ToFile())), Stop);
        await client.PutTaskAsync("tiny", new TaskSpec("tiny"), Stop);
        var (warnings, away) = (new List<string>(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await using var hook = new CheckpointHook(client, "tiny", trainer.Mask, trainer.BytesOf, new CheckpointHookOptions
        {
            SaveEverySteps = 1, Busy = BusyPolicy.Wait, SaveOnStop = false, State = trainer.State, RetryDelay = TimeSpan.FromMilliseconds(20),
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
        await away.Task.WaitAsync(TimeSpan.FromSeconds(30), Stop);
        Train(trainer, hook, 7, 60);
        await using var again = await LoopbackServer.StartAsync(folder, port);
        var summary = await hook.CompleteAsync(Stop);

        Assert.Equal(0, summary.Failed);
        Assert.True(summary.Skipped > 0);
        Assert.Equal(["will be tried again", "was skipped"], warnings.Select(warning =>
            warning.Contains("tried again", StringComparison.Ordinal) ? "will be tried again" : warning.Contains("was skipped", StringComparison.Ordinal) ? "was skipped" : warning));
        Assert.Equal(trainer.ToFile(), await client.RestoreAsync("tiny", 60));
        Assert.Contains(hook.Reports, report => report.Retries > 0);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

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
