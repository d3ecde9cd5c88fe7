using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Client.Reading;
using FishCheckpoint.Codec;

namespace FishCheckpoint.Client.Checkpoints;

/// <summary>The routes under <c>/v1/tasks/{task}/checkpoints</c> that concern whole checkpoints.</summary>
internal sealed class CheckpointCalls(FishHttp server, string spoolFolder)
{
    public async Task<Saved<CheckpointInfo>> SaveAsync(
        string task, long step, CheckpointContent content, SaveOptions options, CancellationToken cancellation)
    {
        var path = SaveRequest.PathOf(task, step, options);
        using var encoded = content is CheckpointContent.Changed changed ? Encode(changed, cancellation) : null;
        var body = content switch
        {
            CheckpointContent.Full full => ModelBody.Of(full.Model, spoolFolder),
            CheckpointContent.Sparse sparse => Bodies.File(sparse.File.Path, Bodies.Safetensors),
            CheckpointContent.Encoded frames => Bodies.Frames(frames.Delta),
            _ => Bodies.Frames(encoded!),
        };
        return await server.SaveAsync<CheckpointInfo>(
            path, body, request => SaveRequest.Prepare(request, options, patient: content is CheckpointContent.Full), cancellation);
    }

    public Task<CheckpointInfo> GetAsync(string task, StepRef step, CancellationToken cancellation) =>
        server.JsonAsync<CheckpointInfo>(HttpMethod.Get, Routes.Checkpoint(task, step), cancellation);

    public Task<Page<CheckpointInfo>> ListAsync(string task, PageRequest page, CancellationToken cancellation) =>
        server.JsonAsync<Page<CheckpointInfo>>(HttpMethod.Get, Routes.Page(Routes.Checkpoints(task), page), cancellation);

    public Task DeleteAsync(string task, StepRef step, CancellationToken cancellation) =>
        server.DoneAsync(HttpMethod.Delete, Routes.Checkpoint(task, step), content: null, cancellation);

    /// <summary>Opens a checkpoint; a word or tag is resolved once, so that one reader reads one checkpoint.</summary>
    public async Task<IModelReader> OpenAsync(string task, StepRef step, CancellationToken cancellation)
    {
        var resolved = step.Step is null ? StepRef.At((await GetAsync(task, step, cancellation)).Step) : step;
        return await RemoteModelReader.OpenAsync(
            server, Routes.Checkpoint(task, resolved), stop => VerifyAsync(task, resolved, stop), cancellation);
    }

    public Task<VerifyResult> VerifyAsync(string task, StepRef step, CancellationToken cancellation) =>
        server.JsonAsync<VerifyResult>(HttpMethod.Post, $"{Routes.Checkpoint(task, step)}/verify", cancellation);

    // Plain values, without the parent's state: the server lays them against the parent that it has.
    private EncodedDelta Encode(CheckpointContent.Changed changed, CancellationToken cancellation) =>
        DeltaEncoder.Encode(changed.Delta.OpenReader(), null, default, new CodecOptions(), spoolFolder, cancellation);
}
