namespace FishCheckpoint.Tensors;

/// <summary>A file beside a model's tensors: a configuration, a tokenizer, an index.</summary>
/// <param name="Name">Its path relative to the model's folder, divided by <c>/</c>; see <see cref="FilePaths"/>.</param>
/// <param name="Path">Where it lies.</param>
public sealed record SideFile(string Name, string Path)
{
    /// <summary>The longest side file that is kept, in bytes: 256 MiB.</summary>
    public const long MaxBytes = 1L << 28;

    /// <summary>The most bytes of all side files of one checkpoint: 1 GiB.</summary>
    public const long MaxTotalBytes = 1L << 30;

    /// <summary>The most side files of one model.</summary>
    public const int MaxCount = 1000;

    /// <summary>The files of a folder that can go with a model, those in sub-folders too: none of weights, their indices, training state
    /// and hidden ones.</summary>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.FileUnreadable"/>, <see
    /// cref="Errors.ErrorCode.TooLarge"/>.</exception>
    public static IReadOnlyList<SideFile> InFolder(string folder) => [.. FolderListing.Read(folder).Files.Where(file =>
        !LeftOutRules.IsWeights(file.Name) && !file.Name.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase))];
}

/// <summary>A file or folder that was found beside a model and is not kept.</summary>
/// <param name="Name">Its path relative to the model's folder; a folder ends in <c>/</c>.</param>
/// <param name="Reason">Why, as in <c>training state</c>.</param>
public sealed record LeftOutFile(string Name, string Reason)
{
    /// <summary>Two lists as one, ordered by name, each file once.</summary>
    /// <returns><see langword="null"/> where both are empty.</returns>
    public static IReadOnlyList<LeftOutFile>? Join(IEnumerable<LeftOutFile>? first, IEnumerable<LeftOutFile>? second) =>
        (first ?? []).Concat(second ?? []).DistinctBy(file => file.Name, StringComparer.Ordinal)
            .OrderBy(file => file.Name, StringComparer.Ordinal).ToArray()
            is { Length: > 0 } all ? all : null;
}

/// <summary>Which of several models in one folder is meant. Default: the one that a loader would take.</summary>
/// <param name="File">One of its files, or its index; <see langword="null"/>: not said.</param>
/// <param name="Variant">Its variant, as in <c>fp16</c>; <see langword="null"/>: the one without.</param>
public sealed record ModelChoice(string? File = null, string? Variant = null)
{
    /// <summary>Nothing is said.</summary>
    public static ModelChoice Default { get; } = new();
}
