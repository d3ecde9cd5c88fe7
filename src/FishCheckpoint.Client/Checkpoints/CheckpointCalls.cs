using System.Net.Http.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Client.Checkpoints;

/// <summary>The routes under <c>/v1/tasks/{task}/checkpoints</c> for whole checkpoints.</summary>
internal sealed class CheckpointCalls(FishHttp server, string spoolFolder) : ICheckpoints
{
    // Sends values without the parent's state: the server composes them with its own parent.
    private static readonly CodecOptions Plain = new();

    // Sends the encoded bytes unchanged. The server verifies their digest on the same machine, so they need no proof here.
    private static readonly CodecOptions Unproved = new() { Prove = false };
    private static readonly CodecOptions Raw = new(Compression.Stored, Compression.Stored) { Prove = false };

    private readonly KnownMasks masks = new();
    private readonly KnownSideFiles sideFiles = new();

    public async Task<Saved<CheckpointInfo>> SaveAsync(
        string task, long step, CheckpointContent content, SaveOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new SaveOptions();
        if (content is CheckpointContent.Changed changed)
        {
            return await SaveChangedAsync(task, step, changed.Delta, options, cancellationToken);
        }

        StreamedContent Open() => content switch
        {
            CheckpointContent.Full full => ModelBody.Of(full.Model, spoolFolder),
            CheckpointContent.Sparse sparse => Bodies.File(sparse.File.Path, Bodies.Safetensors),
            CheckpointContent.Encoded frames => Bodies.Frames(frames.Delta),
            _ => throw new ArgumentException("Unknown kind of checkpoint content.", nameof(content)),
        };
        var all = options with { SideFiles = options.SideFilesOf(content) };
        return await SendAsync(task, step, Open, all, patient: content is CheckpointContent.Full, cancellationToken);
    }

    public Task<CheckpointInfo> GetAsync(string task, StepRef step, CancellationToken cancellationToken = default) =>
        server.JsonAsync<CheckpointInfo>(HttpMethod.Get, Routes.Checkpoint(task, step), cancellationToken);

    public AsyncPageable<CheckpointInfo> ListAsync(string task, PageRequest? page = null, CancellationToken cancellationToken = default) =>
        server.List<CheckpointInfo>(Routes.Checkpoints(task), page, cancellationToken);

    public Task DeleteAsync(string task, StepRef step, CancellationToken cancellationToken = default) =>
        server.DoneAsync(HttpMethod.Delete, Routes.Checkpoint(task, step), content: null, cancellationToken);

    public AsyncPageable<DeletedCheckpoint> ListDeletedAsync(
        string task, PageRequest? page = null, CancellationToken cancellationToken = default) =>
        server.List<DeletedCheckpoint>(Routes.Deleted(task), page, cancellationToken);

    public Task<Undeleted> UndeleteAsync(
        string task, long step, UndeleteOptions? options = null,
        CancellationToken cancellationToken = default) => server.JsonAsync<Undeleted>(
        HttpMethod.Post, Routes.Undelete(task, step), cancellationToken,
        JsonContent.Create(options ?? new UndeleteOptions(), options: FishJson.Options));

    /// <summary>Tags a step; a word or another tag is resolved first.</summary>
    public async Task SetTagAsync(string task, string tag, StepRef? step, CancellationToken cancellationToken = default)
    {
        var route = Routes.Tag(task, tag);
        if (step is not { } target)
        {
            await server.DoneAsync(HttpMethod.Delete, route, content: null, cancellationToken);
            return;
        }

        var number = target.Step ?? (await GetAsync(task, target, cancellationToken)).Step;
        await server.DoneAsync(
            HttpMethod.Put, route, JsonContent.Create(new TagTarget(number), options: FishJson.Options), cancellationToken);
    }

    public Task SetPinAsync(string task, StepRef step, bool pinned, CancellationToken cancellationToken = default) =>
        server.DoneAsync(pinned ? HttpMethod.Put : HttpMethod.Delete, Routes.Pin(task, step), content: null, cancellationToken);

    // The server keeps masks. A mask that it has acknowledged is not sent again unless it was deleted meanwhile.
    private async Task<Saved<CheckpointInfo>> SaveChangedAsync(
        string task, long step, Delta delta, SaveOptions options, CancellationToken cancellation)
    {
        if (masks.Find(delta.Mask.Id) is { } known)
        {
            try
            {
                using var encoded = DeltaEncoder.EncodeMasked(
                    known, delta.OpenValues(), mapped: false, default, server.IsLocal ? Raw : Unproved, spoolFolder,
                    cancellation: cancellation);
                using var values = new EncodedDelta(null, encoded.Values);
                return await SendAsync(task, step, () => Bodies.Frames(values), options, patient: false, cancellation);
            }
            catch (FishException error) when (error.Code is ErrorCode.MaskUnknown or ErrorCode.CorruptFrame)
            {
                // Deleted or damaged: send it with the values.
                masks.Remove(delta.Mask.Id);
            }
        }

        using var whole = DeltaEncoder.Encode(delta.OpenReader(), null, default, Plain, spoolFolder, cancellation);
        var saved = await SendAsync(task, step, () => Bodies.Frames(whole), options, patient: false, cancellation);
        masks.Add(delta.Mask.Id, whole.Mask!);
        return saved;
    }

    // The same for side files: those that the task has are sent as digests.
    private async Task<Saved<CheckpointInfo>> SendAsync(
        string task, long step, Func<StreamedContent> checkpoint, SaveOptions options, bool patient, CancellationToken cancellation)
    {
        if (sideFiles.Name(task, options) is { } named)
        {
            try
            {
                var there = await SendAsync(task, step, checkpoint(), named, patient, cancellation);
                sideFiles.Add(task, named.SideFiles);
                return there;
            }
            catch (FishException error) when (error.Code == ErrorCode.SideFileUnknown
                || error is { Code: ErrorCode.RequestInvalid, Key: "info" })
            {
                sideFiles.Forget(task); // deleted since; or an older server without this feature
            }
        }

        var saved = await SendAsync(task, step, checkpoint(), options, patient, cancellation);
        sideFiles.Add(task, options.SideFiles);
        return saved;
    }

    private async Task<Saved<CheckpointInfo>> SendAsync(
        string task, long step, StreamedContent checkpoint, SaveOptions options, bool patient, CancellationToken cancellation)
    {
        var info = SaveRequest.InfoOf(task, step, options);
        using var body = options.OpenTrainerState is null && info is null && options.SideFiles.Count == 0 ? null
            : Bodies.Form(checkpoint, options.OpenTrainerState?.Invoke(), info, options.SideFiles);
        return await server.SaveAsync<CheckpointInfo>(
            SaveRequest.PathOf(task, step, options), body ?? (HttpContent)checkpoint,
            request => SaveRequest.Prepare(request, options, patient), cancellation);
    }

    private sealed record TagTarget(long Step);
}
