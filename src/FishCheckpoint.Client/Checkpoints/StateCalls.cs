using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;
using FishCheckpoint.Client.Reading;
using FishCheckpoint.Codec;
using FishCheckpoint.Reports;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Client.Checkpoints;

/// <summary>The routes of checkpoint states and trainer states.</summary>
internal sealed class StateCalls(FishHttp server, ICheckpoints checkpoints, IMaintenance maintenance, string spoolFolder) : IStates
{
    private readonly DeltaCalls deltas = new(server, spoolFolder);

    /// <summary>Opens a checkpoint. A word or tag is resolved once, so that one reader reads one checkpoint.</summary>
    public async Task<IModelReader> OpenAsync(string task, StepRef step, CancellationToken cancellationToken = default)
    {
        var resolved = step.Step is null ? StepRef.At((await checkpoints.GetAsync(task, step, cancellationToken)).Step) : step;
        return await RemoteModelReader.OpenAsync(
            server, Routes.Checkpoint(task, resolved), stop => maintenance.VerifyCheckpointAsync(task, resolved, stop), cancellationToken);
    }

    public async Task<IModelReader> OpenBranchPointAsync(string task, CancellationToken cancellationToken = default) =>
        await RemoteModelReader.OpenAsync(server, Routes.Start(task), verify: null, cancellationToken);

    public Task<EncodedDelta> OpenDeltaAsync(
        string task, StepRef to, StateRef from = default, CancellationToken cancellationToken = default) =>
        deltas.OpenAsync(task, to, from, cancellationToken);

    public Task<EncodedDelta?> OpenDeltaAsync(
        string task, StepRef to, StateRef from, long maxBytes, CancellationToken cancellationToken = default) =>
        deltas.OpenAsync(task, to, from, maxBytes, cancellationToken);

    public Task<ChangeReport> CompareAsync(
        string task, StepRef to, StateRef from = default, CancellationToken cancellationToken = default) =>
        server.JsonAsync<ChangeReport>(HttpMethod.Get, Routes.Changes(task, to, from), cancellationToken, wait: server.ForComputed);

    public Task<Saved<TrainerStateInfo>> PutTrainerStateAsync(
        string task, StepRef step, Stream content, CancellationToken cancellationToken = default)
    {
        long? length = content.CanSeek ? content.Length - content.Position : null;
        var body = new StreamedContent(Bodies.Bytes, (target, stop) => content.CopyToAsync(target, 1 << 17, stop), length);
        return server.SaveAsync<TrainerStateInfo>(PathOf(task, step), body, prepare: null, cancellationToken);
    }

    public async Task<Stream> OpenTrainerStateAsync(string task, StepRef step, CancellationToken cancellationToken = default)
    {
        var body = new CheckedBody(
            server, PathOf(task, step), tag: null,
            new TruncatedResponse(server, stop => maintenance.VerifyCheckpointAsync(task, step, stop)));
        try
        {
            await body.OpenAsync(cancellationToken);
            return new StateBody(body);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static string PathOf(string task, StepRef step) => $"{Routes.Checkpoint(task, step)}/state";
}
