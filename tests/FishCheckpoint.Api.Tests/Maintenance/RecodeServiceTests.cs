using System.Net;
using System.Net.Http.Json;
using FishCheckpoint.Api.Composition;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Contract;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FishCheckpoint.Api.Tests.Maintenance;

/// <summary>Rounds in the background, on a clock that the test turns.</summary>
public sealed class RecodeServiceTests
{
    private const string Every = "FishCheckpoint:Maintenance:RecodeEvery";

    private readonly TickClock clock = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task Ticks_EachRecodeWithinTheBudget()
    {
        await using var server = await ApiServer.StartAsync(
            UseClock, (Every, "01:00:00"), ("FishCheckpoint:Maintenance:RecodeMaxBytes", "1"),
            ("FishCheckpoint:Compression:Effort", "Fast"));
        await PutAsync(server, "/v1/bases/base", new ByteArrayContent(VariedSaves.Weights().ToBytes()));
        await PutAsync(server, "/v1/tasks/task", JsonContent.Create(new TaskSpec("base"), options: FishJson.Options));
        await PutAsync(server, "/v1/tasks/task/checkpoints/1", new ByteArrayContent(VariedSaves.Trained(1).ToBytes()));
        await PutAsync(server, "/v1/tasks/task/checkpoints/2", new ByteArrayContent(VariedSaves.Trained(2).ToBytes()));

        // A budget of one byte takes one frame a round.
        var stored = await StoredAsync(server);
        for (var round = 0; round < 2; round++)
        {
            var before = stored;
            await clock.TickAsync();
            while ((stored = await StoredAsync(server)) == before)
            {
                await Task.Delay(10, Stop);
            }
        }

        using var nothing = await server.Client.PostAsync("/v1/maintenance/recode", null, Stop);
        Assert.Equal(0, (await nothing.Content.ReadFromJsonAsync<RecodeResult>(FishJson.Options, Stop))!.BytesBefore);
    }

    [Fact]
    public async Task Default_IsNever()
    {
        await using var server = await ApiServer.StartAsync(UseClock);
        await Task.Delay(100, Stop);
        Assert.False(clock.Runs);
    }

    [Theory]
    [InlineData(Every, "-00:00:01")]
    [InlineData(Every, "50.00:00:00")]
    [InlineData("FishCheckpoint:Maintenance:RecodeMaxBytes", "0")]
    [InlineData("FishCheckpoint:Maintenance:RecodeMaxTime", "00:00:00")]
    public async Task Settings_ThatCannotBe_AreRefusedAtTheStart(string key, string value)
    {
        var error = await Assert.ThrowsAsync<FishException>(() => ApiServer.StartAsync(UseClock, (key, value)));
        Assert.Equal(ErrorCode.RequestInvalid, error.Code);
    }

    [Fact(Timeout = 600_000)]
    public async Task Stop_DuringARound_EndsIt()
    {
        var endless = new EndlessRecoding();
        await using (await ApiServer.StartAsync(builder => Use(builder, endless), (Every, "01:00:00")))
        {
            await clock.TickAsync();
            await endless.Begun.Task.WaitAsync(Stop);
        }

        Assert.True(endless.Canceled);
    }

    [Fact(Timeout = 600_000)]
    public async Task Round_ThatFails_IsFollowedByTheNext()
    {
        var failing = new EndlessRecoding { Fails = 1 };
        await using var server = await ApiServer.StartAsync(builder => Use(builder, failing), (Every, "01:00:00"));
        while (!failing.Begun.Task.IsCompleted)
        {
            await clock.TickAsync();
            await Task.Delay(10, Stop);
        }

        Assert.Equal(0, failing.Fails);
    }

    private void Use(WebApplicationBuilder builder, IMaintenance recoding)
    {
        UseClock(builder);
        builder.Services.AddSingleton<Func<IMaintenance>>(() => recoding);
    }

    private void UseClock(WebApplicationBuilder builder) => builder.Services.AddSingleton(
        provider => provider.GetRequiredService<FishSettings>().ToStoreOptions() with { Time = clock });

    private static async Task PutAsync(ApiServer server, string path, HttpContent content)
    {
        content.Headers.ContentType ??= new("application/vnd.safetensors");
        using var response = await server.Client.PutAsync(path, content, Stop);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    private static async Task<long> StoredAsync(ApiServer server) =>
        (await server.Client.GetFromJsonAsync<StorageReport>("/v1/reports/storage", FishJson.Options, Stop))!.Stored.Total;

    private sealed class EndlessRecoding : FakeMaintenance
    {
        public TaskCompletionSource Begun { get; } = new();

        public bool Canceled { get; private set; }

        public int Fails { get; set; }

        public override async Task<RecodeResult> RecodeAsync(RecodeOptions? options = null, CancellationToken cancellationToken = default)
        {
            if (Fails-- > 0)
            {
                throw new FishException(ErrorCode.StorageUnavailable, "disk", "The disk is full.", "Make room.");
            }

            Fails = 0;
            Begun.TrySetResult();
            cancellationToken.Register(() => Canceled = true);
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException("This is never reached.");
        }
    }

    // Its timers run when the test says so.
}
