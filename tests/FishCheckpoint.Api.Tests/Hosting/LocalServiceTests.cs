using FishCheckpoint.Api.Hosting;
using FishCheckpoint.Api.Tests.Support;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace FishCheckpoint.Api.Tests.Hosting;

public sealed class LocalServiceTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("fish-test-");

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [InlineData(false, 60, 600)]
    [InlineData(true, 3, 59)]
    public async Task Server_WithoutConnections_EndsSoonerOnceItHadOne(bool hadOne, double atLeast, double below)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no local servers.");
        using var socket = LocalSocket.Take(folder.FullName);
        await File.WriteAllTextAsync(socket.Path, "", TestContext.Current.CancellationToken);
        var (clock, lifetime) = (new TickClock(), new Lifetime());
        using var service = new LocalService(socket, lifetime, clock);
        await service.StartAsync(TestContext.Current.CancellationToken);

        // It opens and closes between two looks.
        if (hadOne)
        {
            await socket.CountAsync(_ => Task.CompletedTask, new DefaultConnectionContext());
        }

        while (!lifetime.Stopped.Task.IsCompleted)
        {
            await clock.TickAsync();
            await Task.WhenAny(lifetime.Stopped.Task, Task.Delay(5, TestContext.Current.CancellationToken));
            clock.Elapsed += TimeSpan.FromMilliseconds(500);
        }

        Assert.InRange(clock.Elapsed.TotalSeconds, atLeast, below);
        await service.StopAsync(TestContext.Current.CancellationToken);
    }

    private sealed class Lifetime : IHostApplicationLifetime
    {
        public TaskCompletionSource Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication() => Stopped.TrySetResult();
    }
}
