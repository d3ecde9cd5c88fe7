using FishCheckpoint.Cli.Output;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Output;

public sealed class WorkStateTests
{
    private readonly HandTime time = new();

    [Fact]
    public void Details_KnownTotal_GiveShareAmountSpeedAndTimeLeft()
    {
        var state = new WorkState(time, "saving", Say.Bytes);
        state.Set(0, 1_000_000_000);
        time.Advance(TimeSpan.FromSeconds(4));
        state.Add(400_000_000);

        Assert.Equal(0.4, state.Share);
        Assert.Equal(" 40%  400 MB of 1.00 GB  100 MB/s  0:06 left", state.Details(isShort: false));
        Assert.Equal(" 40%  0:06 left", state.Details(isShort: true));
        state.Add(600_000_000);
        Assert.Equal("100%  1.00 GB of 1.00 GB  250 MB/s  0:04", state.Details(isShort: false));
    }

    [Fact]
    public void Details_UnknownTotal_GiveTimeAndWhatIsDone()
    {
        var state = new WorkState(time, "folding", Say.Bytes);
        Assert.Equal("0:00", state.Details(isShort: false));
        time.Advance(new TimeSpan(1, 1, 5));
        Assert.Equal((null, "1:01:05"), (state.Share, state.Details(isShort: false)));
        state.Add(3_665_000);
        Assert.Equal("3.67 MB  1.00 KB/s  1:01:05", state.Details(isShort: false));
        state.Set(120, 100);
        Assert.StartsWith("100%", state.Details(isShort: false), StringComparison.Ordinal);
    }

    [Fact]
    public void Title_OfThings_NamesTheLast()
    {
        var state = new WorkState(time, "exporting", Say.Count);
        state.Set(0, 4);
        time.Advance(TimeSpan.FromSeconds(1));
        state.Add("v1");
        state.Add("v\u001b2");
        Assert.Equal("exporting v 2", state.Title);
        Assert.Equal(" 50%  2 of 4  2/s  0:01 left", state.Details(isShort: false));
    }
}
