using FishCheckpoint.Api.Limits;
using FishCheckpoint.Api.Settings;
using Xunit;

namespace FishCheckpoint.Api.Tests.Limits;

public sealed class DataRatesTests
{
    [Fact]
    public void Answers_HaveTheTimeOfTheBuffersPieces_AtMostTwoMinutes()
    {
        var quick = DataRates.OfAnswers(new FishSettings.LimitSettings { MinBytesPerSecond = 1 << 20, SlowFor = TimeSpan.FromSeconds(5) })!;
        Assert.Equal(TimeSpan.FromSeconds(13), quick.GracePeriod);
        var slow = DataRates.OfAnswers(new FishSettings.LimitSettings())!;
        Assert.Equal(240, slow.BytesPerSecond);
        Assert.Equal(TimeSpan.FromSeconds(125), slow.GracePeriod);
    }

    [Fact]
    public void Bodies_HaveWhatTheSettingsSay()
    {
        var rate = DataRates.OfBodies(new FishSettings.LimitSettings())!;
        Assert.Equal((240, TimeSpan.FromSeconds(5)), (rate.BytesPerSecond, rate.GracePeriod));
    }

    [Fact]
    public void Rates_WithoutLimit_AreNone()
    {
        var limits = new FishSettings.LimitSettings { MinBytesPerSecond = 0 };
        Assert.Null(DataRates.OfBodies(limits));
        Assert.Null(DataRates.OfAnswers(limits));
    }
}
