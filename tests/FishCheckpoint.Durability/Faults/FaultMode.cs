namespace FishCheckpoint.Durability.Faults;

/// <summary>How a call fails.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Error">The errno; 0: it writes half of what it should; below 0: the process is killed in its place.</param>
/// <param name="Onward">Whether all calls after it fail too.</param>
public sealed record FaultMode(string Name, int Error, bool Onward)
{
    private const int IoError = 5;
    private const int NoSpace = 28;

    /// <summary>SIGKILL, in the place of the call.</summary>
    public static FaultMode Killed { get; } = new("killed", -1, false);

    public static IReadOnlyList<FaultMode> All { get; } =
    [
        new("ENOSPC once", NoSpace, false), new("EIO once", IoError, false), new("ENOSPC from then on", NoSpace, true), new("EIO from then on", IoError, true),
        new("half written", 0, false),
    ];
}
