namespace FishCheckpoint.Durability.Faults;

/// <summary>How a call fails.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Error">The errno; 0: it writes half of what it should; below 0: the process is killed in its place.</param>
/// <param name="Onward">Whether all calls after it fail too.</param>
/// <param name="Kinds">The kinds of calls that fail in this way, as failio.c names them.</param>
public sealed record FaultMode(string Name, int Error, bool Onward, string Kinds = FaultMode.Changes)
{
    private const string Changes = "write sync truncate rename unlink create map";
    private const string Openings = "create open";
    private const string Memory = "memory map";

    private const int IoError = 5;
    private const int NoMemory = 12;
    private const int FullSystemTable = 23;
    private const int FullProcessTable = 24;
    private const int NoSpace = 28;

    /// <summary>SIGKILL, in the place of the call.</summary>
    public static FaultMode Killed { get; } = new("killed", -1, false);

    /// <summary>From one call to the next that is tried: SQLite asks for memory a hundred times as often as it writes.</summary>
    public int Spacing => Kinds == Memory ? 101 : 1;

    /// <summary>Whether a call of a kind fails in this way.</summary>
    public bool Has(string kind) => Kinds.Split(' ').Contains(kind);

    public static IReadOnlyList<FaultMode> All { get; } =
    [
        new("ENOSPC once", NoSpace, false), new("EIO once", IoError, false), new("ENOSPC from then on", NoSpace, true), new("EIO from then on", IoError, true),
        new("half written", 0, false),
        new("EMFILE once", FullProcessTable, false, Openings), new("EMFILE from then on", FullProcessTable, true, Openings),
        new("ENFILE once", FullSystemTable, false, Openings), new("ENOMEM once", NoMemory, false, Memory),
        new("ENOMEM from then on", NoMemory, true, Memory),
    ];
}
