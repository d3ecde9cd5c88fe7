using FishCheckpoint.Tensors;

namespace FishCheckpoint.Torch;

/// <summary>
/// A model that PyTorch has written, as safetensors files in a folder for temporary files: for what reads a model by position, and more than once. The folder goes when
/// this object does.
/// </summary>
public sealed class ConvertedTorchModel : IDisposable
{
    private readonly string place;

    private ConvertedTorchModel(string folder, ModelFolder model, string? key) => (place, Model, Key) = (folder, model, key);

    /// <summary>The model, with the side files of the folder that it comes from. Owned.</summary>
    public ModelFolder Model { get; }

    /// <summary>The key that the state dicts stood under; <see langword="null"/> where they were all of their files.</summary>
    public string? Key { get; }

    /// <summary>The types of objects beside the model that were left unread, as what was left out.</summary>
    public IReadOnlyList<LeftOutFile> LeftUnread { get; private init; } = [];

    /// <summary>Converts a model.</summary>
    /// <param name="path">A path of which <see cref="TorchModelFiles.Is"/> says so.</param>
    /// <param name="key">As in <see cref="TorchModel.Open"/>.</param>
    /// <param name="maxHeaderLength">The longest header or index taken, in bytes.</param>
    /// <param name="choice">Which model of a folder is meant. Default: the one that a loader would take.</param>
    /// <exception cref="Errors.FishException">As <see cref="TorchModelFiles.Open"/> has it.</exception>
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
            return new ConvertedTorchModel(folder, torch.Contents is { } contents ? model.With(contents) : model, torch.Key) { LeftUnread = torch.LeftUnread };
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Model.Dispose();
        Directory.Delete(place, recursive: true);
    }

    private static void Write(TorchPart part, string folder)
    {
        using var content = part.Model.AsStream();
        using var file = new FileStream(Path.Combine(folder, part.Name), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        content.CopyTo(file, 1 << 20);
    }
}
