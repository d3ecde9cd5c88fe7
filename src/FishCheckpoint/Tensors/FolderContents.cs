using FishCheckpoint.Errors;

namespace FishCheckpoint.Tensors;

/// <summary>
/// The content of a model folder, classified by names and indexes: the model's files, the side files, and the skipped files, each with a
/// reason. Every import of a folder uses it.
/// </summary>
/// <remarks>An index lists the model's files. Without one, the model is the file or numbered set called <c>model</c>, else the only one,
/// else all files without numbers. Safetensors files take precedence over PyTorch files, models over adapters, and files without a variant
/// over those with one.</remarks>
public sealed class FolderContents
{
    private FolderContents(string folder, bool isTorch, IReadOnlyList<string> weights, IReadOnlyList<SideFile> sideFiles,
        IReadOnlyList<LeftOutFile> leftOut) =>
        (Folder, IsTorch, Weights, SideFiles, LeftOut) = (folder, isTorch, weights, sideFiles, leftOut);

    /// <summary>The folder's path.</summary>
    public string Folder { get; }

    /// <summary>Whether the model consists of PyTorch files; otherwise it consists of safetensors files.</summary>
    public bool IsTorch { get; }

    /// <summary>The names of the model's files, sorted; all are directly in the folder.</summary>
    public IReadOnlyList<string> Weights { get; }

    /// <summary>
    /// The path of the index of PyTorch files; <see langword="null"/> if there is none or the model consists of safetensors files.
    /// </summary>
    public string? TorchIndex { get; private init; }

    /// <summary>
    /// The side files, sorted by name, including an index of safetensors files. An index of PyTorch files is excluded, because the
    /// conversion to safetensors writes a new one.
    /// </summary>
    public IReadOnlyList<SideFile> SideFiles { get; }

    /// <summary>The skipped files, sorted by name.</summary>
    public IReadOnlyList<LeftOutFile> LeftOut { get; }

    /// <summary>Classifies the files of a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="choice">The model to use, if there are several. Default: the one that a loader would choose.</param>
    /// <param name="maxIndexLength">The longest index accepted, in bytes.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>: the folder has no model, or not the chosen one;
    /// <see cref="ErrorCode.ShardIndexInvalid"/>: a shard is missing; <see cref="ErrorCode.ModelAmbiguous"/>: there are several models;
    /// <see cref="ErrorCode.FileUnreadable"/>: a file of the model is a broken link, not a regular file, or not readable.</exception>
    public static FolderContents Read(string folder, ModelChoice? choice = null, int maxIndexLength = SafetensorsHeader.MaxLength)
    {
        var listing = FolderListing.Read(folder);
        var selection = WeightsSelection.Of(listing, choice ?? ModelChoice.Default, maxIndexLength);
        var (side, leftOut) = (new List<SideFile>(), new List<LeftOutFile>(listing.LeftOut));
        foreach (var file in listing.Files)
        {
            if (selection.Weights.Contains(file.Name))
            {
                continue;
            }

            if (selection.ReasonOf(file.Name) is { } reason)
            {
                leftOut.Add(new LeftOutFile(file.Name, reason));
            }
            else if (!selection.IsRegenerated(file.Name))
            {
                side.Add(file);
            }
        }

        foreach (var file in selection.Weights.Select(name => Path.Combine(folder, name)).Concat(side.Select(file => file.Path)))
        {
            FolderListing.RequireRegular(file);
        }

        leftOut.AddRange(side.Where(file => FolderListing.LengthOf(file.Path) > SideFile.MaxBytes).Select(file =>
            new LeftOutFile(file.Name, $"longer than the {SideFile.MaxBytes >> 20} MiB of a side file")));
        side.RemoveAll(file => leftOut.Exists(left => left.Name == file.Name));
        return side.Count <= SideFile.MaxCount
            ? new FolderContents(folder, selection.IsTorch, [.. selection.Weights], side,
                [.. leftOut.OrderBy(file => file.Name, StringComparer.Ordinal)])
            {
                TorchIndex = listing.Files.FirstOrDefault(file => selection.IsRegenerated(file.Name))?.Path,
            }
            : throw new FishException(
                ErrorCode.TooLarge, folder, $"The folder has {side.Count} files beside the model; the limit is {SideFile.MaxCount}.",
                "Give the model's file instead of the folder, or move the other files away.");
    }
}
