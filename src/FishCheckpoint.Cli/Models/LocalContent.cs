using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Models;

/// <summary>A checkpoint file, opened for saving. Its content shows its form.</summary>
internal sealed class LocalContent : IDisposable
{
    private LocalContent(CheckpointContent content) => Content = content;

    /// <summary>The form's name: full, sparse or frames.</summary>
    public string Form => Content switch
    {
        CheckpointContent.Full => "full",
        CheckpointContent.Sparse => "sparse",
        _ => "frames",
    };

    public CheckpointContent Content { get; }

    /// <summary>Opens a file or folder.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="form">The form of the file; <see langword="null"/>: find it from the content.</param>
    /// <param name="layout">Returns whether the task's layout has a tensor of a name.</param>
    /// <param name="maxHeaderLength">The longest safetensors header taken, in bytes.</param>
    /// <param name="stateDict">The key of the model in a PyTorch file; <see langword="null"/>: the whole file, or a usual
    /// key.</param>
    /// <param name="choice">The model of a folder to use. Default: the one that a loader would use.</param>
    /// <exception cref="FishException">The file is missing or invalid.</exception>
    public static async Task<LocalContent> OpenAsync(
        string path, ContentForm? form, Func<Task<Func<string, bool>>> layout, int maxHeaderLength, string? stateDict, ModelChoice? choice)
    {
        if (form is null or ContentForm.Full && TorchModelFiles.Is(path, choice))
        {
            // A store reads a model by position, and more than once, so it gets temporary safetensors files.
            var torch = ConvertedTorchModel.Open(path, stateDict, maxHeaderLength, choice);
            return new LocalContent(new CheckpointContent.Full(torch.Model)) { StateDict = torch.Key };
        }

        return new LocalContent(form switch
        {
            ContentForm.Full => new CheckpointContent.Full(ModelFolder.Open(path, maxHeaderLength, choice)),
            ContentForm.Sparse => new CheckpointContent.Sparse(SafetensorsFile.Open(path, maxHeaderLength)),
            ContentForm.Frames => new CheckpointContent.Encoded(EncodedDelta.Open(path)),
            _ => await CheckpointContent.OpenAsync(path, null, layout, maxHeaderLength, choice),
        });
    }

    /// <summary>The key of the model in the PyTorch file, if it has one.</summary>
    public string? StateDict { get; private init; }

    /// <summary>The files of a folder, or parts of a PyTorch file, that are not part of the model.</summary>
    public IReadOnlyList<LeftOutFile> LeftOut => (Content as CheckpointContent.Full)?.Model.LeftOut ?? [];

    public void Dispose() => Content.Dispose();
}
