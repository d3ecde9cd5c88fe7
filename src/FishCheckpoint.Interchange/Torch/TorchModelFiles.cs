using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>A file of a model, as a safetensors file.</summary>
/// <param name="Name">The name of the safetensors file.</param>
/// <param name="Model">Its content. The opened model owns it.</param>
public sealed record TorchPart(string Name, TorchModel Model);

/// <summary>A PyTorch model, one file or a folder of <c>pytorch_model*.bin</c> with side files, opened as safetensors files.</summary>
public sealed class TorchModelFiles : IDisposable
{
    private const string Stem = "pytorch_model";
    private const string Extension = ".bin";

    /// <summary>The name of the index of a sharded model.</summary>
    public const string IndexName = Stem + Extension + ".index.json";

    private TorchModelFiles(IReadOnlyList<TorchPart> parts, FolderContents? contents) => (Parts, Contents) = (parts, contents);

    /// <summary>The files.</summary>
    public IReadOnlyList<TorchPart> Parts { get; }

    /// <summary>The folder of the files and side files; <see langword="null"/> for a single file.</summary>
    public FolderContents? Contents { get; }

    /// <summary>The folder's other files, without the index: a new one is created for safetensors files.</summary>
    public IReadOnlyList<SideFile> SideFiles => Contents?.SideFiles ?? [];

    /// <summary>The types of unread objects beside the models, which never run, as left-out files; the first few by name.</summary>
    public IReadOnlyList<LeftOutFile> LeftUnread =>
    [
        .. Parts.SelectMany(part => part.Model.Unread).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(type => new LeftOutFile(type, "objects beside the model, unread")),
    ];

    /// <summary>The key of the state dicts; <see langword="null"/> if they were the whole files.</summary>
    public string? Key => Parts[0].Model.Key;

    /// <summary>Whether a path is a PyTorch file, another pickle, or a folder whose model is PyTorch files.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="choice">Which model of a folder to use. Default: the one that a loader would use.</param>
    /// <exception cref="FishException">As <see cref="FolderContents.Read"/>.</exception>
    public static bool Is(string path, ModelChoice? choice = null) => Directory.Exists(path)
        ? FolderContents.Read(path, choice).IsTorch
        : File.Exists(path) && TorchModel.Is(path);

    /// <summary>Opens a model.</summary>
    /// <param name="path">A path for which <see cref="Is"/> returns true.</param>
    /// <param name="key">As in <see cref="TorchModel.Open"/>.</param>
    /// <param name="maxIndexLength">The largest index accepted, in bytes.</param>
    /// <param name="choice">Which model of a folder to use. Default: the one that a loader would use.</param>
    /// <exception cref="FishException">A file is missing, damaged, hostile or not a state dict; or the index does not match the
    /// files.</exception>
    public static TorchModelFiles Open(
        string path, string? key = null, int maxIndexLength = SafetensorsHeader.MaxLength, ModelChoice? choice = null)
    {
        if (!Directory.Exists(path))
        {
            return new TorchModelFiles([new TorchPart(ModelFiles.SingleFileName, TorchModel.Open(path, key))], null);
        }

        var parts = new List<TorchPart>();
        try
        {
            var contents = FolderContents.Read(path, choice, maxIndexLength);
            foreach (var bin in contents.Weights)
            {
                parts.Add(new TorchPart(NameOf(bin), TorchModel.Open(Path.Combine(path, bin), key)));
            }

            var model = new ModelFiles(contents.Weights.Zip(parts, (bin, part) => new ModelFile(bin, part.Model.Header)));
            if (contents.TorchIndex is { } index)
            {
                ShardIndex.CheckFile(index, model, maxIndexLength);
            }

            return new TorchModelFiles(parts, contents);
        }
        catch
        {
            parts.ForEach(part => part.Model.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in Parts)
        {
            part.Model.Dispose();
        }
    }

    private static string NameOf(string bin) => $"model{bin[Stem.Length..^Extension.Length]}.safetensors";
}
