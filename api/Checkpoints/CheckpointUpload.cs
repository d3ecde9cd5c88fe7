using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Checkpoints;

/// <summary>A received checkpoint body, opened by its media type. It deletes its temporary files.</summary>
internal sealed class CheckpointUpload : IDisposable
{
    private readonly UploadParts parts;

    private CheckpointUpload(UploadParts parts, CheckpointContent content) => (this.parts, Content) = (parts, content);

    public CheckpointContent Content { get; }

    /// <summary>Adds the form's other parts: trainer state, side files, metrics (before those of the header field) and metadata.</summary>
    public SaveOptions Complete(SaveOptions save) => save with
    {
        OpenTrainerState = parts.State is { } state ? () => PositionalFile.OpenStream(state.Path) : null,
        SideFiles = parts.SideFiles,
        KnownSideFiles = parts.Info?.SideFiles ?? save.KnownSideFiles,
        Metrics = parts.Info?.Metrics ?? save.Metrics,
        Metadata = parts.Info?.Metadata ?? save.Metadata,
    };

    /// <summary>Received files that are not part of the model; <see langword="null"/>: none.</summary>
    public IReadOnlyList<LeftOutFile>? LeftOut => LeftOutFile.Join(parts.LeftOut, (Content as CheckpointContent.Full)?.Model.LeftOut);

    public static async Task<CheckpointUpload> ReceiveAsync(
        HttpRequest request, TaskInfo task, IBases bases, EngineOptions options, CancellationToken cancellation)
    {
        var received = await UploadParts.ReceiveAsync(request, options, cancellation);
        try
        {
            return new CheckpointUpload(received, await CheckpointContent.OpenAsync(
                received.Checkpoint.Path, received.Type, () => bases.TensorsOfAsync(task, cancellation), options.MaxHeaderBytes));
        }
        catch
        {
            received.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Content.Dispose();
        parts.Dispose();
    }
}
