using FishCheckpoint.Tensors;
using FishCheckpoint.Torch;

namespace FishCheckpoint.Following.Watch;

/// <summary>A version's model, opened to be saved: safetensors files as they are, PyTorch files converted.</summary>
internal sealed class DroppedModel : IDisposable
{
    private readonly IDisposable owned;

    private DroppedModel(ModelFolder folder, IDisposable owned, IReadOnlyList<LeftOutFile> leftOut) => (Folder, this.owned, LeftOut) = (folder, owned, leftOut);

    /// <summary>The model.</summary>
    public ModelFolder Folder { get; }

    /// <summary>What is no part of it.</summary>
    public IReadOnlyList<LeftOutFile> LeftOut { get; }

    /// <summary>Opens a file or folder.</summary>
    public static DroppedModel Open(string path, int maxHeaderLength)
    {
        if (!TorchModelFiles.Is(path))
        {
            var model = ModelFolder.Open(path, maxHeaderLength);
            return new DroppedModel(model, model, model.LeftOut);
        }

        var converted = ConvertedTorchModel.Open(path, null, maxHeaderLength);
        return new DroppedModel(converted.Model, converted, [.. converted.Model.LeftOut, .. converted.LeftUnread]);
    }

    /// <inheritdoc/>
    public void Dispose() => owned.Dispose();
}
