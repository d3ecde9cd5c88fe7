using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange;

/// <summary>What to import, and the task for it.</summary>
public sealed record ImportOptions
{
    /// <summary>The format.</summary>
    public required InterchangeFormat Format { get; init; }

    /// <summary>The folder of the versions.</summary>
    public required string Folder { get; init; }

    /// <summary>The task. Created on <see cref="Base"/> if it does not exist.</summary>
    public required string Task { get; init; }

    /// <summary>The base of a new task. If it does not exist, the first version becomes the base; it must be full.</summary>
    public string? Base { get; init; }

    /// <summary>The version of the task's start, which the first delta may have as its parent. Default: 0.</summary>
    public string BaseVersion { get; init; } = "0";

    /// <summary>The step of the first version whose name is not a number; later ones count up from it. Default: 1.</summary>
    public long FirstStep { get; init; } = 1;

    /// <summary>Whether to skip versions whose step is already stored, without reading them. Default: no, they are compared.</summary>
    public bool OnlyNew { get; init; }

    /// <summary>
    /// Whether numbers may be missing between versions in a format that does not record parents: some writers skip a version without
    /// changes. Default: no, because a lost version looks the same.
    /// </summary>
    public bool AllowGaps { get; init; }

    /// <summary>
    /// The names of the trained parameters in the model's order, for the format without names (fish-diff). <see langword="null"/>: the
    /// order of the base's file, which is refused if it is sorted by name. Default: <see langword="null"/>.
    /// </summary>
    public IReadOnlyList<string>? Parameters { get; init; }

    /// <summary>The largest header or index accepted, in bytes.</summary>
    public int MaxHeaderLength { get; init; } = SafetensorsHeader.MaxLength;

    /// <summary>The folder for data that is too large for memory. Default: the system's temporary folder.</summary>
    public string SpoolFolder { get; init; } = Path.GetTempPath();
}
