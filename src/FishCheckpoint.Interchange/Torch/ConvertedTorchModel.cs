using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>
/// A PyTorch model converted to safetensors files in a temporary folder, for readers that need random access or several passes.
/// </summary>
public sealed class ConvertedTorchModel 
{
    private ConvertedTorchModel(ModelFolder model, string? key) => (Model, Key) = (model, key);

    /// <summary>
    /// The model, with the side files of its folder; types of unread objects count as left out. The caller disposes it, which deletes the
    /// temporary folder.
    /// </summary>
    public ModelFolder Model { get; }

    /// <summary>The key of the state dicts; <see langword="null"/> if they were the whole files.</summary>
    public string? Key { get; }

    /// <summary>Converts a model.</summary>
    /// <param name="path">A path for which <see cref="TorchModelFiles.Is"/> returns true.</param>
    /// <param name="key">As in <see cref="TorchModel.Open"/>.</param>
    /// <param name="maxHeaderLength">The longest header or index accepted, in bytes.</param>
    /// <param name="choice">Which model of a folder to use. Default: the one that a loader would use.</param>
    /// <exception cref="Errors.FishException">As <see cref="TorchModelFiles.Open"/>.</exception>
    public static ConvertedTorchModel Open(string path, string? key, int maxHeaderLength, ModelChoice? choice = null)
    {
        using var torch = TorchModelFiles.Open(path, key, maxHeaderLength, choice);
        var folder = Directory.CreateTempSubdirectory("fish-torch-").FullName;
        try
        {
            foreach (var part in torch.Parts)
            {
                Write(part, folder);
            }

            var model = ModelFolder.Open(torch.Contents is null ? Path.Combine(folder, torch.Parts[0].Name) : folder, maxHeaderLength);
            return new ConvertedTorchModel(model.AsTemporary(folder, torch.Contents, torch.LeftUnread), torch.Key);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    private static void Write(TorchPart part, string folder)
    {
        using var content = part.Model.AsStream();
        using var file = new FileStream(
            Path.Combine(folder, part.Name), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        content.CopyTo(file, 1 << 20);
    }
}
