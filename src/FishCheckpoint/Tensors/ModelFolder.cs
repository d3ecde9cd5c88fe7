using FishCheckpoint.Errors;

namespace FishCheckpoint.Tensors;

/// <summary>A full model on disk, opened for positional reads: one safetensors file, or a sharded Hugging Face folder.</summary>
public sealed class ModelFolder : IBlockReader, IDisposable
{
    private readonly SafetensorsFile[] files;
    private string? temporary;

    private ModelFolder(SafetensorsFile[] files, ModelFiles model, IReadOnlyList<SideFile> sideFiles, IReadOnlyList<LeftOutFile> leftOut)
    {
        (this.files, Files, SideFiles, LeftOut) = (files, model, sideFiles, leftOut);
    }

    /// <summary>The model's safetensors files.</summary>
    public ModelFiles Files { get; }

    /// <summary>The other files of a folder (config, tokenizer, index), sorted by name; empty for a single file.</summary>
    public IReadOnlyList<SideFile> SideFiles { get; private init; }

    /// <summary>Files of the folder that do not belong to the model, sorted by name; empty for a single file.</summary>
    public IReadOnlyList<LeftOutFile> LeftOut { get; private init; }

    /// <summary>The paths of the model's safetensors files, in the order of <see cref="Files"/>.</summary>
    public IEnumerable<string> Paths => files.Select(file => file.Path);

    /// <summary>
    /// Called with the number of bytes after each read or sent block, on any thread. Data may be read more than once. Default: no call.
    /// </summary>
    public Action<long>? WhenRead { get; set; }

    /// <inheritdoc/>
    public Layout Layout => Files.Layout;

    /// <summary>Opens a file (which is then called <c>model.safetensors</c>) or a folder of safetensors files and side files.</summary>
    /// <param name="path">The file or folder; <see cref="FolderContents"/> selects the model's files.</param>
    /// <param name="maxHeaderLength">The longest header accepted, in bytes.</param>
    /// <param name="choice">The model to use, if the folder has several. Default: the one that a loader would choose.</param>
    /// <exception cref="FishException">A file is missing or invalid; the index does not match the shards; or an error of
    /// <see cref="FolderContents.Read"/>.</exception>
    public static ModelFolder Open(string path, int maxHeaderLength = SafetensorsHeader.MaxLength, ModelChoice? choice = null)
    {
        if (!Directory.Exists(path))
        {
            var single = SafetensorsFile.Open(path, maxHeaderLength);
            return new ModelFolder([single], ModelFiles.Single(single.Header), [], []);
        }

        var contents = FolderContents.Read(path, choice, maxHeaderLength);
        return contents.IsTorch
            ? throw new FishException(
                ErrorCode.FileNotFound, path, "The folder's model is a PyTorch file, which this operation does not support.",
                "Send safetensors files, or use fishckpt, which reads both.")
            : OpenShards(contents, maxHeaderLength);
    }

    /// <summary>The same model as a temporary copy. It replaces this object, which must not be disposed.</summary>
    /// <param name="folder">The temporary folder; it is deleted on disposal.</param>
    /// <param name="source">The folder that was copied and whose side files belong to the model; <see langword="null"/> for a single
    /// file.</param>
    /// <param name="leftOut">Additional skipped files.</param>
    public ModelFolder AsTemporary(string folder, FolderContents? source, IEnumerable<LeftOutFile> leftOut) =>
        new(files, Files, source?.SideFiles ?? [], [.. source?.LeftOut ?? [], .. leftOut]) { WhenRead = WhenRead, temporary = folder };

    /// <summary>The same model without some of its side files. It replaces this object, which must not be disposed.</summary>
    /// <param name="names">The names of the side files to exclude.</param>
    public ModelFolder Without(IReadOnlyCollection<string> names) =>
        new(files, Files, [.. SideFiles.Where(file => !names.Contains(file.Name))], LeftOut) { WhenRead = WhenRead, temporary = temporary };

    /// <inheritdoc/>
    public void ReadBlock(int tensor, long block, Span<byte> destination)
    {
        var place = Files.PlaceOf(tensor);
        files[place.File].ReadData(place.Begin + (block * Blocks.Size), destination);
        WhenRead?.Invoke(destination.Length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Array.ForEach(files, file => file.Dispose());
        if (temporary is not null)
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    private static ModelFolder OpenShards(FolderContents contents, int maxHeaderLength)
    {
        var opened = new List<SafetensorsFile>();
        try
        {
            foreach (var shard in contents.Weights)
            {
                opened.Add(SafetensorsFile.Open(Path.Combine(contents.Folder, shard), maxHeaderLength));
            }

            var model = new ModelFiles(opened.Select(file => new ModelFile(Path.GetFileName(file.Path), file.Header)));
            if (contents.SideFiles.FirstOrDefault(file => ShardIndex.IsName(file.Name)) is { } index)
            {
                ShardIndex.CheckFile(index.Path, model, maxHeaderLength);
            }

            return new ModelFolder([.. opened], model, contents.SideFiles, contents.LeftOut);
        }
        catch
        {
            opened.ForEach(file => file.Dispose());
            throw;
        }
    }
}
