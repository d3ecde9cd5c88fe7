using FishCheckpoint.Errors;

namespace FishCheckpoint.Tensors;

/// <summary>One safetensors file of a model: a whole model or a shard of it.</summary>
/// <param name="Name">The file's name, as in <c>model.safetensors</c>; never a path.</param>
/// <param name="Header">Its header, verbatim.</param>
public sealed record ModelFile(string Name, SafetensorsHeader Header);

/// <summary>The location of a tensor in a model's files.</summary>
/// <param name="File">Index in <see cref="ModelFiles.Files"/>.</param>
/// <param name="Begin">Offset of the tensor's first byte in that file's data.</param>
public readonly record struct TensorPlace(int File, long Begin);

/// <summary>The safetensors files of a model, and their combined layout.</summary>
public sealed class ModelFiles
{
    /// <summary>The usual name of a single-file model.</summary>
    public const string SingleFileName = "model.safetensors";

    private readonly TensorPlace[] places;

    /// <summary>
    /// Whether a file contains tensors of the model. These files are directly in the model's folder; files in subfolders are side files.
    /// </summary>
    public static bool IsName(string file) => file.EndsWith(".safetensors", StringComparison.Ordinal)
        && !file.Contains('/', StringComparison.Ordinal);

    /// <summary>Combines files.</summary>
    /// <param name="files">The files, in any order. Each tensor must be in one file only.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.ShardIndexInvalid"/>: a tensor is in two files.</exception>
    public ModelFiles(IEnumerable<ModelFile> files)
    {
        Files = [.. files.OrderBy(file => file.Name, StringComparer.Ordinal)];
        var tensors = new List<TensorInfo>();
        var found = new List<TensorPlace>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var file = 0; file < Files.Count; file++)
        {
            foreach (var tensor in Files[file].Header.Tensors)
            {
                if (!names.Add(tensor.Info.Name))
                {
                    throw new FishException(
                        ErrorCode.ShardIndexInvalid, tensor.Info.Name, "The tensor is in two of the model's files.",
                        "Choose the model's file with --file, or write the shards again.");
                }

                tensors.Add(tensor.Info);
                found.Add(new TensorPlace(file, tensor.Begin));
            }
        }

        (Layout, places) = (new Layout([.. tensors]), [.. found]);
    }

    /// <summary>The files, sorted by name.</summary>
    public IReadOnlyList<ModelFile> Files { get; }

    /// <summary>The tensors of all files, in the order of files and data.</summary>
    public Layout Layout { get; }

    /// <summary>The location of a tensor of <see cref="Layout"/>.</summary>
    public TensorPlace PlaceOf(int tensor) => places[tensor];

    /// <summary>The model as a single file of the usual name.</summary>
    public static ModelFiles Single(SafetensorsHeader header) => new([new ModelFile(SingleFileName, header)]);
}
