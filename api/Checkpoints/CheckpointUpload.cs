using FishCheckpoint.Api.Bodies;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Storage;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Api.Checkpoints;

/// <summary>A checkpoint's body, received and opened in the form that its media type says. Leaves nothing behind.</summary>
internal sealed class CheckpointUpload : IDisposable
{
    private readonly Spooled spooled;
    private readonly IDisposable opened;

    private CheckpointUpload(Spooled spooled, IDisposable opened, CheckpointContent content) =>
        (this.spooled, this.opened, Content) = (spooled, opened, content);

    public CheckpointContent Content { get; }

    public static async Task<CheckpointUpload> ReceiveAsync(
        HttpRequest request, TaskInfo task, ICheckpointStore store, StoreOptions options, CancellationToken cancellation)
    {
        var type = MediaTypes.Of(request);
        if (type is not (MediaTypes.Safetensors or MediaTypes.Tar or MediaTypes.Frames))
        {
            throw MediaTypes.Unsupported(request, MediaTypes.Safetensors, MediaTypes.Tar, MediaTypes.Frames);
        }

        await using var body = new BodyStream(request, options.MaxUploadBytes, DigestField.Read(request, DigestField.Content));
        var received = await (type == MediaTypes.Tar
            ? Spooled.ReceiveFolderAsync(options, TarFiles.ReadAsync(body, cancellation), cancellation)
            : Spooled.ReceiveFileAsync(options, body, cancellation));
        try
        {
            return type switch
            {
                MediaTypes.Frames => OpenFrames(received),
                MediaTypes.Tar => OpenModel(received, options),
                _ => await OpenSafetensorsAsync(received, task, store, options, cancellation),
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
        spooled.Dispose();
    }

    private static CheckpointUpload OpenFrames(Spooled received)
    {
        var frames = EncodedDelta.Open(received.Path);
        return new CheckpointUpload(received, frames, new CheckpointContent.Encoded(frames));
    }

    private static CheckpointUpload OpenModel(Spooled received, StoreOptions options)
    {
        var model = ModelFolder.Open(received.Path, options.MaxHeaderBytes);
        return new CheckpointUpload(received, model, new CheckpointContent.Full(model));
    }

    private static async Task<CheckpointUpload> OpenSafetensorsAsync(
        Spooled received, TaskInfo task, ICheckpointStore store, StoreOptions options, CancellationToken cancellation)
    {
        var file = SafetensorsFile.Open(received.Path, options.MaxHeaderBytes);
        try
        {
            if (PatchDetection.HasPatchNames(file.Header) && PatchDetection.IsPatch(file.Header, await TensorsOfAsync(task, store, cancellation)))
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

    private static async Task<Func<string, bool>> TensorsOfAsync(TaskInfo task, ICheckpointStore store, CancellationToken cancellation)
    {
        await using var reader = await store.OpenBaseAsync(task.BaseId.ToString(), cancellation);
        var layout = reader.Layout;
        return name => task.Tensors.TryGetValue(name, out var own) ? own is not null : layout.TryIndexOf(name, out _);
    }
}
