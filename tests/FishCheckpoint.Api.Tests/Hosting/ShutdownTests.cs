using System.Net;
using System.Net.Http.Headers;
using FishCheckpoint.Api.Composition;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Storage;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FishCheckpoint.Api.Tests.Hosting;

/// <summary>A server that is asked to stop while it works.</summary>
public sealed class ShutdownTests : ApiTest
{
    private const int Half = 4096;

    private readonly TickClock clock = new();

    protected override Task<ApiServer> StartAsync() => ApiServer.StartAsync(
        builder => builder.Services.AddSingleton(
            provider => provider.GetRequiredService<FishSettings>().ToStoreOptions() with { Time = clock }),
        ("FishCheckpoint:Shutdown:Delay", "00:00:50"));

    [Fact(Timeout = 600_000)]
    public async Task Stop_FinishesTheSaveThatIsUnderWay_AndRefusesTheNext()
    {
        await ExpectAsync(HttpStatusCode.Created, SaveAsync(1, Base.Change(1)));
        using var slow = new SlowContent(Base.Change(2).ToBytes(), Half);
        var saving = SendAsync(HttpMethod.Put, $"{Steps}/2", slow);

        // The server has begun on it.
        await WaitUntilAsync(() => Task.FromResult(Server.Temporaries.Any()));
        var stopping = Server.StopAsync();
        await WaitUntilAsync(async () => (await GetAsync("/readyz")).StatusCode == HttpStatusCode.ServiceUnavailable);

        using (var refused = await SaveAsync(3, Base.Change(3)))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
            Assert.True(refused.Headers.ConnectionClose);
            Assert.Contains("SERVER_UNAVAILABLE", await refused.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
        }

        // Who reads is served for as long as the server listens, and so is whoever asks whether the process lives.
        Assert.Equal(Base.Change(1).ToBytes(), await BytesAsync($"{Steps}/1/model.safetensors"));
        Assert.Equal("ok\n", await Client.GetStringAsync("/healthz", Stop));
        slow.GoOn.SetResult();
        using var saved = await saving;
        Assert.Equal(HttpStatusCode.Created, saved.StatusCode);
        await clock.TickAsync();
        await stopping;
        await RequireStepsAsync(1, 2);
    }

    private async Task RequireStepsAsync(params long[] steps)
    {
        await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = Server.DataFolder }, Stop);
        var page = await store.Checkpoints.ListAsync("task", new(10), Stop).ReadPageAsync();
        Assert.Equal(steps, page.Items.Select(item => item.Step));
        Assert.All(await Task.WhenAll(steps.Select(step => store.Maintenance.VerifyCheckpointAsync(
            "task", FishCheckpoint.Checkpoints.StepRef.At(step), Stop))), result => Assert.True(result.Sound));
    }

    private static async Task WaitUntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Delay(10, Stop);
        }
    }

    /// <summary>A body of which the second part waits.</summary>
    private sealed class SlowContent : HttpContent
    {
        private readonly byte[] bytes;
        private readonly int first;

        public SlowContent(byte[] bytes, int first)
        {
            (this.bytes, this.first) = (bytes, first);
            Headers.ContentType = new MediaTypeHeaderValue(Safetensors);
        }

        public TaskCompletionSource GoOn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(bytes.AsMemory(0, first));
            await stream.FlushAsync();
            await GoOn.Task;
            await stream.WriteAsync(bytes.AsMemory(first));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
