using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Output;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Output;

public sealed class ProgressTests
{
    [Fact]
    public void Meter_ASteadyRate_GivesAmountRateAndTimeLeft()
    {
        var meter = new ProgressMeter("saving", ProgressUnit.Bytes) { Total = 1_000_000_000 };
        for (var second = 1; second <= 4; second++)
        {
            meter.Done = second * 100_000_000;
            meter.Tick(TimeSpan.FromSeconds(second));
        }

        Assert.Equal(100_000_000, meter.Rate, 3);
        Assert.Equal("saving  ━━━━━━━━············   40%  400 MB of 1.00 GB  100 MB/s  0:06 left", meter.Line(TimeSpan.FromSeconds(4), 100));
        Assert.Equal("saving   40%  400 MB of 1.00 GB  100 MB/s  0:06 left", meter.Line(TimeSpan.FromSeconds(4), 60));
        Assert.Equal("saving   40%  0:06 left", meter.Line(TimeSpan.FromSeconds(4), 30));
        Assert.Equal("saving", meter.Line(TimeSpan.FromSeconds(4), 10));
        Assert.Equal("sa…", meter.Line(TimeSpan.FromSeconds(4), 3));
        Assert.Equal("saving: 400 MB in 0:04, 100 MB/s", meter.LastLine(TimeSpan.FromSeconds(4)));
    }

    [Fact]
    public void Meter_ARateThatChanges_FollowsSlowly()
    {
        var meter = new ProgressMeter("loading", ProgressUnit.Bytes) { Total = 10_000 };
        (meter.Done, var slow) = (1000, 0.0);
        meter.Tick(TimeSpan.FromSeconds(1));
        meter.Tick(TimeSpan.FromSeconds(2));
        slow = meter.Rate;
        Assert.InRange(slow, 600, 999);
        meter.Tick(TimeSpan.FromSeconds(60));
        Assert.InRange(meter.Rate, 0, 1);
        meter.Tick(TimeSpan.FromSeconds(60));
        Assert.InRange(meter.Rate, 0, 1);
    }

    [Fact]
    public void Meter_WhatIsNotKnown_IsNotSaid()
    {
        var meter = new ProgressMeter("folding", ProgressUnit.Bytes);
        Assert.Equal("folding  1:01:05", meter.Line(new TimeSpan(1, 1, 5), 80));
        Assert.Equal("folding: 0:05", meter.LastLine(TimeSpan.FromSeconds(5)));
        meter.Done = 5000;
        Assert.Equal("folding  5.00 KB  0:05", meter.Line(TimeSpan.FromSeconds(5), 80));
        (meter.Total, meter.Done) = (100, 120);
        Assert.Contains("100%", meter.Line(TimeSpan.FromSeconds(5), 80), StringComparison.Ordinal);
    }

    [Fact]
    public void Meter_Things_HaveNames()
    {
        var meter = new ProgressMeter("exporting", ProgressUnit.Things) { Total = 4, Done = 1, Name = "v1" };
        meter.Tick(TimeSpan.FromSeconds(2));
        Assert.Equal("exporting v1  ━━━━━···············   25%  1 of 4  0.5/s  0:06 left", meter.Line(TimeSpan.FromSeconds(2), 80));
    }

    [Theory]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    [InlineData(false, false, false)]
    public async Task Line_IsShownOnlyOnATerminalOfWhomWantsIt(bool isTerminal, bool quiet, bool shown)
    {
        using var error = new StringWriter();
        var time = new HandTime();
        var terminal = Terminal.Of(TextWriter.Null, error, TerminalTraits.Plain with { ErrorIsTerminal = isTerminal, Moves = true, Columns = 80 }, time);
        terminal.Quiet = quiet;
        await Progress.SpinAsync(terminal, "verifying", () =>
        {
            terminal.Work.Report(new WorkProgress(500_000, 1_000_000));
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(0);
        });
        var written = error.ToString();
        Assert.Equal(shown, written.Length > 0);
        Assert.DoesNotContain('\u001b', written);
        if (shown)
        {
            Assert.Contains("50%  500 KB of 1.00 MB  500 KB/s  0:01 left", written, StringComparison.Ordinal);
            Assert.EndsWith("\rverifying: 500 KB in 0:01, 500 KB/s\n", written, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Line_OfWorkThatIsSoonDoneOrFails_LeavesNothing()
    {
        using var error = new StringWriter();
        var time = new HandTime();
        var terminal = Terminal.Of(TextWriter.Null, error, TerminalTraits.Plain with { ErrorIsTerminal = true, Moves = true, Columns = 80 }, time);
        await Progress.BytesAsync(terminal, "saving", 100, add =>
        {
            add(100);
            return Task.CompletedTask;
        });
        Assert.Empty(error.ToString());
        await Assert.ThrowsAsync<IOException>(() => Progress.BytesAsync(terminal, "saving", 100, _ =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            throw new IOException();
        }));
        Assert.EndsWith("\r", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.ToString());
    }

    /// <summary>A clock that goes on by hand, and calls one timer as it does.</summary>
    private sealed class HandTime : TimeProvider
    {
        private TimeSpan now;
        private Action? tick;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now.Ticks;

        public void Advance(TimeSpan time)
        {
            now += time;
            tick?.Invoke();
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            tick = () => callback(state);
            return new Timer(this);
        }

        private sealed class Timer(HandTime time) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => false;

            public void Dispose() => time.tick = null;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
