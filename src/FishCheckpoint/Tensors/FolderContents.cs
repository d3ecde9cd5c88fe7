using FishCheckpoint.Errors;

namespace FishCheckpoint.Tensors;

/// <summary>
/// What a model folder holds, told by names and indexes alone: which files are the model, which ones go with it, and which ones are left
/// out, each with the reason. The same for every way that a folder comes in.
/// </summary>
/// <remarks>
/// The index says which files are the model. Without one it is the file or numbered set called <c>model</c>, else the only one, else all
/// files that are numbered nowhere. Safetensors files go before PyTorch's, a model before an adapter, the files without a variant before
/// those with one.
/// </remarks>
public sealed class FolderContents
{
    private FolderContents(string folder, bool isTorch, IReadOnlyList<string> weights, IReadOnlyList<SideFile> sideFiles,
        IReadOnlyList<LeftOutFile> leftOut) =>
        (Folder, IsTorch, Weights, SideFiles, LeftOut) = (folder, isTorch, weights, sideFiles, leftOut);

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Whether the model's files are PyTorch's; otherwise they are safetensors files.</summary>
    public bool IsTorch { get; }

    /// <summary>The names of the model's files, all at the folder's top, in order.</summary>
    public IReadOnlyList<string> Weights { get; }

    /// <summary>The path of the index of PyTorch files; <see langword="null"/> where there is none, or the files are safetensors
    /// files.</summary>
    public string? TorchIndex { get; private init; }

    /// <summary>The files that go with it, its index included, by name; without the index of PyTorch files, which is made anew for
    /// safetensors files.</summary>
    public IReadOnlyList<SideFile> SideFiles { get; }

    /// <summary>What is left out, by name.</summary>
    public IReadOnlyList<LeftOutFile> LeftOut { get; }

    /// <summary>Looks at a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="choice">Which model is meant, where there are several. Default: the one that a loader would take.</param>
    /// <param name="maxIndexLength">The longest index that is read, in bytes.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>: it holds no model, or not the one that is meant;
    /// <see cref="ErrorCode.ShardIndexInvalid"/>: a shard is missing; <see cref="ErrorCode.ModelAmbiguous"/>: it holds several;
    /// <see cref="ErrorCode.FileUnreadable"/>: a file that belongs to it is a link to nothing, no regular file, or not
    /// readable.</exception>
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
            else if (!selection.IsMadeAnew(file.Name))
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
                TorchIndex = listing.Files.FirstOrDefault(file => selection.IsMadeAnew(file.Name))?.Path,
            }
            : throw new FishException(
                ErrorCode.TooLarge, folder, $"The folder holds {side.Count} files beside the model; at most {SideFile.MaxCount} are kept.",
                "Name the model's file instead of the folder, or move the other files away.");
    }
}
