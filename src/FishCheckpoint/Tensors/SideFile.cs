namespace FishCheckpoint.Tensors;

/// <summary>A file beside a model's tensors: a configuration, a tokenizer, an index.</summary>
/// <param name="Name">Its path relative to the model's folder, separated by <c>/</c>; see <see cref="FilePaths"/>.</param>
/// <param name="Path">Its path on disk.</param>
public sealed record SideFile(string Name, string Path)
{
    /// <summary>The longest side file accepted, in bytes: 256 MiB.</summary>
    public const long MaxBytes = 1L << 28;

    /// <summary>The most bytes for all side files of one checkpoint: 1 GiB.</summary>
    public const long MaxTotalBytes = 1L << 30;

    /// <summary>The most side files per model.</summary>
    public const int MaxCount = 1000;

    /// <summary>The side files of a folder and its subfolders, without weights, their indexes, training state and dot files.</summary>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.FileUnreadable"/>, <see
    /// cref="Errors.ErrorCode.TooLarge"/>.</exception>
    public static IReadOnlyList<SideFile> InFolder(string folder) => [.. FolderListing.Read(folder).Files.Where(file =>
        !LeftOutRules.IsWeights(file.Name) && !file.Name.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase))];
}

/// <summary>A file or folder beside a model that is skipped.</summary>
/// <param name="Name">Its path relative to the model's folder; a folder ends in <c>/</c>.</param>
/// <param name="Reason">The reason, such as <c>training state</c>.</param>
public sealed record LeftOutFile(string Name, string Reason)
{
    /// <summary>Merges two lists, sorted by name and without duplicates.</summary>
    /// <returns><see langword="null"/> if both are empty.</returns>
    public static IReadOnlyList<LeftOutFile>? Join(IEnumerable<LeftOutFile>? first, IEnumerable<LeftOutFile>? second) =>
        (first ?? []).Concat(second ?? []).DistinctBy(file => file.Name, StringComparer.Ordinal)
            .OrderBy(file => file.Name, StringComparer.Ordinal).ToArray()
            is { Length: > 0 } all ? all : null;
}

/// <summary>The choice among several models in one folder. Default: the one that a loader would choose.</summary>
/// <param name="File">One of its files, or its index; <see langword="null"/> for no choice.</param>
/// <param name="Variant">Its variant, such as <c>fp16</c>; <see langword="null"/> for the one without.</param>
public sealed record ModelChoice(string? File = null, string? Variant = null)
{
    /// <summary>No choice.</summary>
    public static ModelChoice Default { get; } = new();
}
