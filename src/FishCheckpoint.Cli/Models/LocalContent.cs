using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Models;

/// <summary>A checkpoint on disk, opened to be saved; tells its form by what is inside.</summary>
internal sealed class LocalContent : IDisposable
{
    private readonly IDisposable file;

    private LocalContent(ContentForm form, CheckpointContent content, IDisposable file) =>
        (Form, Content, this.file) = (form, content, file);

    public ContentForm Form { get; }

    public CheckpointContent Content { get; }

    /// <summary>Opens a file or folder.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="form">The form that it has; <see langword="null"/> looks inside.</param>
    /// <param name="maxHeaderLength">The longest safetensors header taken, in bytes.</param>
    /// <param name="stateDict">The key that the model stands under in a PyTorch file; <see langword="null"/>: all of it, or a usual
    /// one.</param>
    /// <param name="choice">Which model of a folder is meant. Default: the one that a loader would take.</param>
    /// <exception cref="FishException">It is missing, or lies.</exception>
    public static LocalContent Open(
        string path, ContentForm? form, int maxHeaderLength, string? stateDict = null, ModelChoice? choice = null)
    {
        if (form is null or ContentForm.Full && TorchModelFiles.Is(path, choice))
        {
            return OpenTorch(path, maxHeaderLength, stateDict, choice);
        }

        switch (form ?? Detect(path, maxHeaderLength))
        {
            case ContentForm.Frames:
                var frames = EncodedDelta.Open(path);
                return new LocalContent(ContentForm.Frames, new CheckpointContent.Encoded(frames), frames);
            case ContentForm.Sparse:
                var patch = SafetensorsFile.Open(path, maxHeaderLength);
                return new LocalContent(ContentForm.Sparse, new CheckpointContent.Sparse(patch), patch);
            default:
                var model = ModelFolder.Open(path, maxHeaderLength, choice);
                return new LocalContent(ContentForm.Full, new CheckpointContent.Full(model), model);
        }
    }

    /// <summary>Opens a full model: safetensors files as they are, PyTorch files converted.</summary>
    public static ModelFolder OpenModel(string path, int maxHeaderLength) => TorchModelFiles.Is(path)
        ? ConvertedTorchModel.Open(path, null, maxHeaderLength).Model : ModelFolder.Open(path, maxHeaderLength);

    /// <summary>The key that the model stood under in a PyTorch file, where it did.</summary>
    public string? StateDict { get; private init; }

    /// <summary>What of a folder, or of a PyTorch file, is no part of the model.</summary>
    public IReadOnlyList<LeftOutFile> LeftOut => (Content as CheckpointContent.Full)?.Model.LeftOut ?? [];

    public void Dispose() => file.Dispose();

    // A store reads a model by position, and more than once: so it gets safetensors files, which go again afterwards.
    private static LocalContent OpenTorch(string path, int maxHeaderLength, string? stateDict, ModelChoice? choice)
    {
        var torch = ConvertedTorchModel.Open(path, stateDict, maxHeaderLength, choice);
        return new LocalContent(ContentForm.Full, new CheckpointContent.Full(torch.Model), torch.Model) { StateDict = torch.Key };
    }

    private static ContentForm Detect(string path, int maxHeaderLength)
    {
        if (Directory.Exists(path))
        {
            return ContentForm.Full;
        }

        if (!File.Exists(path))
        {
            throw new FishException(ErrorCode.FileNotFound, path, "The file or folder does not exist.", "Check the path.");
        }

        if (StartsAsFrame(path))
        {
            return ContentForm.Frames;
        }

        using var safetensors = SafetensorsFile.Open(path, maxHeaderLength);
        return IsPatch(safetensors.Header) ? ContentForm.Sparse : ContentForm.Full;
    }

    private static bool StartsAsFrame(string path)
    {
        Span<byte> start = stackalloc byte[FrameHead.Magic.Length];
        using var handle = PositionalFile.Open(path);
        return RandomAccess.Read(handle, start, 0) == start.Length && start.SequenceEqual(FrameHead.Magic);
    }

    // A patch that changes nothing has no tensors; its metadata tell.
    private static bool IsPatch(SafetensorsHeader header) => header.Tensors.Count == 0
        ? header.Metadata.GetValueOrDefault("format") == SparsePatchWriter.Format
        : header.Tensors.All(tensor => IsHalf(tensor.Info.Name));

    private static bool IsHalf(string name) =>
        name.EndsWith(SparsePatchReader.IndicesSuffix, StringComparison.Ordinal)
            || name.EndsWith(SparsePatchReader.ValuesSuffix, StringComparison.Ordinal);
}
