using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Torch;

/// <summary>A file of a model, as a safetensors file.</summary>
/// <param name="Name">What the safetensors file is called.</param>
/// <param name="Model">Its content. Owned by whoever opened the model.</param>
public sealed record TorchPart(string Name, TorchModel Model);

/// <summary>A model that PyTorch has written: one file, or a folder of <c>pytorch_model*.bin</c> with side files, opened to be read as safetensors files.</summary>
public sealed class TorchModelFiles : IDisposable
{
    private const string Stem = "pytorch_model";
    private const string Extension = ".bin";

    /// <summary>The name of the index of a sharded model.</summary>
    public const string IndexName = Stem + Extension + ".index.json";

    private TorchModelFiles(IReadOnlyList<TorchPart> parts, IReadOnlyList<string> sideFiles) => (Parts, SideFiles) = (parts, sideFiles);

    /// <summary>The files.</summary>
    public IReadOnlyList<TorchPart> Parts { get; }

    /// <summary>Paths of the folder's other files, without the index: it is made anew for safetensors files.</summary>
    public IReadOnlyList<string> SideFiles { get; }

    /// <summary>The key that the state dicts stood under; <see langword="null"/> where they were all of their files.</summary>
    public string? Key => Parts[0].Model.Key;

    /// <summary>Whether a path is a file of PyTorch's, or another pickle, or a folder of <c>pytorch_model*.bin</c> without a safetensors file.</summary>
    public static bool Is(string path) => Directory.Exists(path)
        ? BinsOf(path).Length > 0 && !Directory.EnumerateFiles(path, "*.safetensors").Any()
        : File.Exists(path) && TorchModel.Is(path);

    /// <summary>Opens a model.</summary>
    /// <param name="path">A path of which <see cref="Is"/> says so.</param>
    /// <param name="key">As in <see cref="TorchModel.Open"/>.</param>
    /// <param name="maxIndexLength">The longest index that is read, in bytes.</param>
    /// <exception cref="FishException">A file is missing, damaged, hostile or no state dict; or the index does not fit the files.</exception>
    public static TorchModelFiles Open(string path, string? key = null, int maxIndexLength = SafetensorsHeader.MaxLength)
    {
        if (!Directory.Exists(path))
        {
            return new TorchModelFiles([new TorchPart(ModelFiles.SingleFileName, TorchModel.Open(path, key))], []);
        }

        var parts = new List<TorchPart>();
        try
        {
            var bins = BinsOf(path);
            foreach (var bin in bins)
            {
                parts.Add(new TorchPart(NameOf(Path.GetFileName(bin)), TorchModel.Open(bin, key)));
            }

            var model = new ModelFiles(bins.Zip(parts, (bin, part) => new ModelFile(Path.GetFileName(bin), part.Model.Header)));
            var index = Path.Combine(path, IndexName);
            if (File.Exists(index))
            {
                ShardIndex.CheckFile(index, model, maxIndexLength);
            }

            return new TorchModelFiles(
                parts, [.. Directory.EnumerateFiles(path).Where(file => !Path.GetFileName(file).StartsWith('.')).Except(bins).Where(file => file != index).Order(StringComparer.Ordinal)]);
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

    private static string[] BinsOf(string folder) => [.. Directory.EnumerateFiles(folder, $"{Stem}*{Extension}").Order(StringComparer.Ordinal)];

    private static string NameOf(string bin) => $"model{bin[Stem.Length..^Extension.Length]}.safetensors";
}
