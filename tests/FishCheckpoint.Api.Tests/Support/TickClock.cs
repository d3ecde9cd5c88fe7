using Xunit;

namespace FishCheckpoint.Api.Tests.Support;

/// <summary>A clock that stands still until the test moves it, and whose timer rings when the test says so.</summary>
internal sealed class TickClock : TimeProvider
{
    private volatile Action? ring;

    public bool Runs => ring is not null;

    /// <summary>The time since the clock was made.</summary>
    public TimeSpan Elapsed { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Elapsed.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ring = () => callback(state);
        return new Timer();
    }

    // The service begins on a thread of its own.
    public async Task TickAsync()
    {
        while (ring is null)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        ring();
    }

    private sealed class Timer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
