using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Models;

/// <summary>A checkpoint on disk, opened to be saved; its form is found by its content.</summary>
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
    /// <param name="form">The form that it has; <see langword="null"/> looks inside.</param>
    /// <param name="layout">Gives whether the task's layout has a tensor of a name.</param>
    /// <param name="maxHeaderLength">The longest safetensors header taken, in bytes.</param>
    /// <param name="stateDict">The key that the model stands under in a PyTorch file; <see langword="null"/>: all of it, or a usual
    /// one.</param>
    /// <param name="choice">Which model of a folder is meant. Default: the one that a loader would take.</param>
    /// <exception cref="FishException">It is missing, or lies.</exception>
    public static async Task<LocalContent> OpenAsync(
        string path, ContentForm? form, Func<Task<Func<string, bool>>> layout, int maxHeaderLength, string? stateDict, ModelChoice? choice)
    {
        if (form is null or ContentForm.Full && TorchModelFiles.Is(path, choice))
        {
            // A store reads a model by position, and more than once: so it gets temporary safetensors files.
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

    /// <summary>The key that the model stood under in a PyTorch file, where it did.</summary>
    public string? StateDict { get; private init; }

    /// <summary>What of a folder, or of a PyTorch file, is no part of the model.</summary>
    public IReadOnlyList<LeftOutFile> LeftOut => (Content as CheckpointContent.Full)?.Model.LeftOut ?? [];

    public void Dispose() => Content.Dispose();
}
