using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Storage;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Checkpoints;

/// <summary>A checkpoint's body, received and opened in the form that its media type says. Leaves nothing behind.</summary>
internal sealed class CheckpointUpload : IDisposable
{
    private readonly UploadParts parts;
    private readonly IDisposable opened;

    private CheckpointUpload(UploadParts parts, IDisposable opened, CheckpointContent content) =>
        (this.parts, this.opened, Content) = (parts, opened, content);

    public CheckpointContent Content { get; }

    /// <summary>
    /// Adds what came in the form's other parts: trainer state, side files, metrics (before those of the header field) and metadata.
    /// </summary>
    public SaveOptions Complete(SaveOptions save) => save with
    {
        OpenState = parts.State is { } state ? () => PositionalFile.OpenStream(state.Path) : null,
        SideFiles = parts.SideFiles,
        KnownSideFiles = parts.Info?.SideFiles ?? save.KnownSideFiles,
        Metrics = parts.Info?.Metrics ?? save.Metrics,
        Metadata = parts.Info?.Metadata ?? save.Metadata,
    };

    /// <summary>What came and is no part of the model; <see langword="null"/> where nothing did.</summary>
    public IReadOnlyList<LeftOutFile>? LeftOut => LeftOutFile.Join(parts.LeftOut, (Content as CheckpointContent.Full)?.Model.LeftOut);

    public static async Task<CheckpointUpload> ReceiveAsync(
        HttpRequest request, TaskInfo task, IBases bases, StoreOptions options, CancellationToken cancellation)
    {
        var received = await UploadParts.ReceiveAsync(request, options, cancellation);
        try
        {
            return received.Type switch
            {
                MediaTypes.Frames => OpenFrames(received),
                MediaTypes.Tar => OpenModel(received, options),
                _ => await OpenSafetensorsAsync(received, task, bases, options, cancellation),
            };
        }
        catch
        {
            received.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        opened.Dispose();
        parts.Dispose();
    }

    private static CheckpointUpload OpenFrames(UploadParts received)
    {
        var frames = EncodedDelta.Open(received.Checkpoint.Path);
        return new CheckpointUpload(received, frames, new CheckpointContent.Encoded(frames));
    }

    private static CheckpointUpload OpenModel(UploadParts received, StoreOptions options)
    {
        var model = ModelFolder.Open(received.Checkpoint.Path, options.MaxHeaderBytes);
        return new CheckpointUpload(received, model, new CheckpointContent.Full(model));
    }

    private static async Task<CheckpointUpload> OpenSafetensorsAsync(
        UploadParts received, TaskInfo task, IBases bases, StoreOptions options, CancellationToken cancellation)
    {
        var file = SafetensorsFile.Open(received.Checkpoint.Path, options.MaxHeaderBytes);
        try
        {
            if (PatchDetection.HasPatchNames(file.Header)
                && PatchDetection.IsPatch(file.Header, await TensorsOfAsync(task, bases, cancellation)))
            {
                return new CheckpointUpload(received, file, new CheckpointContent.Sparse(file));
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return OpenModel(received, options);
    }

    private static async Task<Func<string, bool>> TensorsOfAsync(TaskInfo task, IBases bases, CancellationToken cancellation)
    {
        await using var reader = await bases.OpenAsync(task.BaseId.ToString(), cancellation);
        var layout = reader.Layout;
        return name => task.Tensors.TryGetValue(name, out var own) ? own is not null : layout.TryIndexOf(name, out _);
    }
}
