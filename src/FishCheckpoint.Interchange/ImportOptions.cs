using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange;

/// <summary>What is imported, and into what.</summary>
public sealed record ImportOptions
{
    /// <summary>The format.</summary>
    public required InterchangeFormat Format { get; init; }

    /// <summary>The folder that the versions lie in.</summary>
    public required string Folder { get; init; }

    /// <summary>The task. Made if it is not there, on <see cref="Base"/>.</summary>
    public required string Task { get; init; }

    /// <summary>
    /// The base of a task that is to be made. Made itself, if it is not there, of the first version, which is then a full one.
    /// </summary>
    public string? Base { get; init; }

    /// <summary>The version that the state is which the task starts from: what the first delta may be laid on. Default: 0.</summary>
    public string BaseVersion { get; init; } = "0";

    /// <summary>The step of the first version whose name is no number; the others count on from there. Default: 1.</summary>
    public long FirstStep { get; init; } = 1;

    /// <summary>Whether versions whose step is stored already are left alone, unread. Default: no, they are compared.</summary>
    public bool OnlyNew { get; init; }

    /// <summary>
    /// Whether a number may be missing between two versions of a format that does not say what a delta is laid on: some writers leave one
    /// out where nothing changed. Default: no, since a lost version looks the same.
    /// </summary>
    public bool AllowGaps { get; init; }

    /// <summary>
    /// The names of the trained parameters in the model's order, for the format that has none (fish-diff). <see langword="null"/>: as the
    /// base's file has them, which is refused where they are sorted by name. Default: so.
    /// </summary>
    public IReadOnlyList<string>? Parameters { get; init; }

    /// <summary>The longest header or index that is read, in bytes.</summary>
    public int MaxHeaderLength { get; init; } = SafetensorsHeader.MaxLength;

    /// <summary>Where what outgrows memory lies meanwhile. Default: the system's temporary folder.</summary>
    public string SpoolFolder { get; init; } = Path.GetTempPath();
}
