namespace FishCheckpoint.Durability.Faults;

/// <summary>How a call fails.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Error">The errno; 0: it writes half of what it should.</param>
/// <param name="Onward">Whether all calls after it fail too.</param>
public sealed record FaultMode(string Name, int Error, bool Onward)
{
    private const int IoError = 5;
    private const int NoSpace = 28;

    public static IReadOnlyList<FaultMode> All { get; } =
    [
        new("ENOSPC once", NoSpace, false), new("EIO once", IoError, false), new("ENOSPC from then on", NoSpace, true), new("EIO from then on", IoError, true),
        new("half written", 0, false),
    ];
}
