using FishCheckpoint.Errors;

namespace FishCheckpoint.Tensors;

/// <summary>A full model on disk, opened for reading by position: one safetensors file, or a sharded Hugging Face folder.</summary>
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

    /// <summary>The other files of a folder (config, tokenizer, index), ordered by name; empty for a single file.</summary>
    public IReadOnlyList<SideFile> SideFiles { get; private init; }

    /// <summary>What was found in the folder and is no part of the model, by name; empty for a single file.</summary>
    public IReadOnlyList<LeftOutFile> LeftOut { get; private init; }

    /// <summary>Paths of the model's safetensors files, in the order of <see cref="Files"/>.</summary>
    public IEnumerable<string> Paths => files.Select(file => file.Path);

    /// <summary>Called with the bytes of each block, or of each part of a file that is sent, when it was read, from whichever thread did; a
    /// model may be read more than once. Default: nobody is.</summary>
    public Action<long>? WhenRead { get; set; }

    /// <inheritdoc/>
    public Layout Layout => Files.Layout;

    /// <summary>Opens a file (called <c>model.safetensors</c> from here on) or a folder of safetensors files with its side files.</summary>
    /// <param name="path">The file or folder; <see cref="FolderContents"/> tells what in a folder is the model.</param>
    /// <param name="maxHeaderLength">The longest header taken, in bytes.</param>
    /// <param name="choice">Which model of a folder is meant. Default: the one that a loader would take.</param>
    /// <exception cref="FishException">A file is missing or lies; the index does not fit the shards; or as
    /// <see cref="FolderContents.Read"/> has it.</exception>
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
                ErrorCode.FileNotFound, path, "The folder's model is a PyTorch file, which is not read here.",
                "Send safetensors files; the program fish reads both.")
            : OpenShards(contents, maxHeaderLength);
    }

    /// <summary>The same model, as a copy in a temporary folder. It takes the place of this object, which is not disposed then.</summary>
    /// <param name="folder">The temporary folder, which is deleted with the model.</param>
    /// <param name="source">The folder that was copied, whose side files belong to the model; <see langword="null"/>: it was a
    /// file.</param>
    /// <param name="leftOut">What was left out beside that.</param>
    public ModelFolder AsTemporary(string folder, FolderContents? source, IEnumerable<LeftOutFile> leftOut) =>
        new(files, Files, source?.SideFiles ?? [], [.. source?.LeftOut ?? [], .. leftOut]) { WhenRead = WhenRead, temporary = folder };

    /// <summary>The same model without some of its side files. It takes the place of this object, which is not disposed then.</summary>
    /// <param name="names">The names of the side files that are none of the model's.</param>
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
