using FishCheckpoint.Api.Composition;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FishCheckpoint.Api.Tests.Maintenance;

/// <summary>Verification in the background, on a clock that the test turns.</summary>
public sealed class VerifyServiceTests
{
    private const string Every = "FishCheckpoint:Maintenance:VerifyEvery";

    private readonly TickClock clock = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task Ticks_EachVerifyWithinTheBudgetAndGoOnAfterAFailure()
    {
        var verification = new Recorded { Fails = 1 };
        await using var server = await ApiServer.StartAsync(
            builder => Use(builder, verification), (Every, "01:00:00"), ("FishCheckpoint:Maintenance:VerifyMaxBytes", "7"),
            ("FishCheckpoint:Maintenance:VerifyMaxTime", "00:00:09"));
        while (verification.Asked.Count < 3)
        {
            await clock.TickAsync();
            await Task.Delay(10, Stop);
        }

        Assert.All(
            verification.Asked, options => Assert.Equal(new VerifyOptions { MaxBytes = 7, MaxTime = TimeSpan.FromSeconds(9) }, options));
    }

    [Fact]
    public async Task Default_IsNever()
    {
        await using var server = await ApiServer.StartAsync(builder => Use(builder, new Recorded()));
        await Task.Delay(100, Stop);
        Assert.False(clock.Runs);
    }

    [Theory]
    [InlineData(Every, "-00:00:01")]
    [InlineData(Every, "50.00:00:00")]
    [InlineData("FishCheckpoint:Maintenance:VerifyMaxBytes", "0")]
    [InlineData("FishCheckpoint:Maintenance:VerifyMaxTime", "00:00:00")]
    public async Task Settings_ThatCannotBe_AreRefusedAtTheStart(string key, string value)
    {
        var error = await Assert.ThrowsAsync<FishException>(() => ApiServer.StartAsync(null, (key, value)));
        Assert.Equal(ErrorCode.RequestInvalid, error.Code);
    }

    private void Use(WebApplicationBuilder builder, IMaintenance verification)
    {
        builder.Services.AddSingleton(provider => provider.GetRequiredService<FishSettings>().ToStoreOptions() with { Time = clock });
        builder.Services.AddSingleton<Func<IMaintenance>>(() => verification);
    }

    private sealed class Recorded : FakeMaintenance
    {
        public System.Collections.Concurrent.ConcurrentQueue<VerifyOptions> Asked { get; } = new();

        public int Fails { get; set; }

        public override Task<VerifyReport> VerifyAsync(VerifyOptions? options = null, CancellationToken cancellationToken = default)
        {
            Asked.Enqueue(options!);
            return Fails-- > 0 ? throw new FishException(ErrorCode.StorageUnavailable, "disk", "The disk is full.", "Make room.")
                : Task.FromResult(new VerifyReport(false, 1, 7, true, 1, 1, [new DamagedItem("task/1", "CORRUPT_FRAME", ["task/1"], 1)]));
        }
    }
}
