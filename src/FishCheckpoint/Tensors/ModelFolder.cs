using FishCheckpoint.Errors;

namespace FishCheckpoint.Tensors;

/// <summary>A full model on disk, opened for reading by position: one safetensors file, or a sharded Hugging Face folder.</summary>
public sealed class ModelFolder : IBlockReader, IDisposable
{
    private readonly SafetensorsFile[] files;

    private ModelFolder(SafetensorsFile[] files, ModelFiles model, IReadOnlyList<string> sideFiles)
    {
        (this.files, Files, SideFiles) = (files, model, sideFiles);
    }

    /// <summary>The model's safetensors files.</summary>
    public ModelFiles Files { get; }

    /// <summary>Paths of the other files of a folder (config, tokenizer, index), ordered by name; empty for a single file.</summary>
    public IReadOnlyList<string> SideFiles { get; }

    /// <summary>Paths of the model's safetensors files, in the order of <see cref="Files"/>.</summary>
    public IEnumerable<string> Paths => files.Select(file => file.Path);

    /// <summary>Called with the bytes of each block, or of each part of a file that is sent, when it was read, from whichever thread did; a model may be read more than once. Default: nobody is.</summary>
    public Action<long>? WhenRead { get; set; }

    /// <inheritdoc/>
    public Layout Layout => Files.Layout;

    /// <summary>Opens a file (called <c>model.safetensors</c> from here on) or a folder of safetensors files with its side files.</summary>
    /// <param name="path">The file or folder. Hidden files and folders inside it are left alone.</param>
    /// <param name="maxHeaderLength">The longest header taken, in bytes.</param>
    /// <exception cref="FishException">A file is missing or lies; the index does not fit the shards.</exception>
    public static ModelFolder Open(string path, int maxHeaderLength = SafetensorsHeader.MaxLength)
    {
        if (!Directory.Exists(path))
        {
            var single = SafetensorsFile.Open(path, maxHeaderLength);
            return new ModelFolder([single], ModelFiles.Single(single.Header), []);
        }

        var names = Directory.EnumerateFiles(path).Where(name => !Path.GetFileName(name).StartsWith('.')).Order(StringComparer.Ordinal).ToArray();
        var shards = names.Where(name => name.EndsWith(".safetensors", StringComparison.Ordinal)).ToArray();
        if (shards.Length == 0)
        {
            throw new FishException(ErrorCode.FileNotFound, path, "The folder holds no *.safetensors file.", "Name a safetensors file or a folder of them.");
        }

        return OpenShards(shards, [.. names.Except(shards)], maxHeaderLength);
    }

    /// <inheritdoc/>
    public void ReadBlock(int tensor, long block, Span<byte> destination)
    {
        var place = Files.PlaceOf(tensor);
        files[place.File].ReadData(place.Begin + (block * Blocks.Size), destination);
        WhenRead?.Invoke(destination.Length);
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(files, file => file.Dispose());

    private static ModelFolder OpenShards(string[] shards, string[] sideFiles, int maxHeaderLength)
    {
        var opened = new List<SafetensorsFile>();
        try
        {
            foreach (var shard in shards)
            {
                opened.Add(SafetensorsFile.Open(shard, maxHeaderLength));
            }

            var model = new ModelFiles(opened.Select(file => new ModelFile(Path.GetFileName(file.Path), file.Header)));
            if (sideFiles.FirstOrDefault(file => file.EndsWith(ShardIndex.FileName, StringComparison.Ordinal)) is { } index)
            {
                ShardIndex.CheckFile(index, model, maxHeaderLength);
            }

            return new ModelFolder([.. opened], model, sideFiles);
        }
        catch
        {
            opened.ForEach(file => file.Dispose());
            throw;
        }
    }
}
