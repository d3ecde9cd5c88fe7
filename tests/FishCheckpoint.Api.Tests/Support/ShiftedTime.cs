namespace FishCheckpoint.Api.Tests.Support;

/// <summary>The system's time, moved by as much as the test wants.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    public TimeSpan By { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + By;
}
