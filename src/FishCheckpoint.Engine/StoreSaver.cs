using FishCheckpoint.Checkpoints;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Chains;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Saving;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Engine.Telemetry;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine;

/// <summary>Saves a checkpoint: encodes it in a snapshot, and commits it in one transaction.</summary>
internal sealed class StoreSaver(StoreContext store)
{
    public async Task<Saved<CheckpointInfo>> SaveAsync(
        string task, long step, CheckpointContent content, SaveOptions options, bool mayPredict, CancellationToken cancellationToken)
    {
        using var snapshot = store.Catalog.OpenSnapshot();
        var context = store.Context(snapshot.View, task);
        var saved = snapshot.View.Checkpoints.AtStep(context.Id, step);
        var isTaken = saved is not null;
        using var prepared = Prepare(snapshot.View, context, step, content, options, saved, mayPredict, cancellationToken);
        CheckFileDigest(context, step, prepared, options.ExpectedFileDigest, cancellationToken);
        using var sideFiles = await PreparedSideFiles.EncodeAsync(
            snapshot.View, context, prepared.Output, options.SideFilesOf(
                content), options.KnownSideFiles, store.Options, cancellationToken);
        if (!isTaken)
        {
            // What is encoded needs no earlier state any more. Kept until after the commit, it would be older than that, and no save could
            // ever empty the log.
            snapshot.Release();
        }

        using var state = await EncodeStateAsync(options, cancellationToken);
        var written = await CommitAsync(context, step, prepared, state, sideFiles, options, replaced: null, cancellationToken);
        if (!written && !isTaken)
        {
            throw new ReferenceGoneException();
        }

        if (!written)
        {
            await MendAsync(context, step, prepared, cancellationToken);
            if (options.Overwrite && FindOther(context, step, prepared, state, sideFiles, options) is { } other)
            {
                snapshot.Release();
                return await CommitAsync(context, step, prepared, state, sideFiles, options, other, cancellationToken)
                    ? new Saved<CheckpointInfo>(
                        await store.GetCheckpointAsync(task, StepRef.At(step)), true) : throw new ReferenceGoneException();
            }

            RequireSame(context, step, prepared, sideFiles);
            if (sideFiles is not null)
            {
                await store.Catalog.WriteAsync(
                    writer =>
                    {
                        sideFiles.Mend(writer);
                        return true;
                    },
                    cancellationToken);
            }

            await store.Catalog.WriteAsync(writer => store.AuditWriter.SavedAgain(writer, task, step), cancellationToken);
            if (state is not null)
            {
                await store.Catalog.WriteAsync(
                    writer => store.AuditWriter.Given(
                        writer, task, step, state.Give(
                            writer, task, writer.Checkpoints.Find(context, StepRef.At(step))), state.Info.StoredBytes),
                    cancellationToken);
            }
        }

        return new Saved<CheckpointInfo>(await store.GetCheckpointAsync(task, StepRef.At(step)), written);
    }

    private static void CheckFileDigest(
        TaskContext task, long step, PreparedSave save, Digest? expected, CancellationToken cancellationToken)
    {
        if (expected is null)
        {
            return;
        }

        if (save.Output.Files.Count != 1)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, $"{task.Name}/{step}", "A digest of the full file is given, but the model has several files.",
                "Leave it out.");
        }

        var plan = new RestorePlan(task.Layout, save.Output, save.Parent.Links);
        var found = CheckpointVerifier.HashFile(save.OpenReader($"{task.Name}/{step}"), plan, 0, cancellationToken);
        if (found != expected)
        {
            throw new FishException(
                ErrorCode.DigestMismatch, $"{task.Name}/{step}", $"The full file would have the digest {found}; {expected} was announced.",
                "The upload is damaged, or was made against another state; nothing was stored.");
        }
    }

    private PreparedSave Prepare(
        ICatalogView view, TaskContext context, long step, CheckpointContent content, SaveOptions options, CheckpointRow? saved,
        bool mayPredict, CancellationToken cancellationToken)
    {
        using var span = StoreTraces.Begin("save.encode", context.Name, StepRef.At(step).ToString());
        return new SavePreparer(view, context,
            store.Options, store.Bases, store.Tasks, store.Parents, saved, mayPredict, cancellationToken).Prepare(step, content, options);
    }

    private async Task<bool> CommitAsync(
        TaskContext context, long step, PreparedSave prepared, PreparedState? state, PreparedSideFiles? sideFiles, SaveOptions options,
        long? replaced, CancellationToken cancellationToken)
    {
        using var span = StoreTraces.Begin("save.commit", context.Name, StepRef.At(step).ToString());
        return await store.Catalog.WriteAsync(
            writer =>
            {
                // The new one may use the mask and side files of the old one, which go only after that.
                var old = replaced is null ? null : HideReplaced(writer, context, step, replaced.Value);
                var written = store.AuditWriter.Saved(
                    writer, context.Name, step, SaveWriter.Write(writer,
                        context, step, prepared, state, sideFiles, options, store.Options.Codec, store.AuditWriter.Caller.KeyId, store.Now));
                if (old is not null)
                {
                    CheckpointRemover.Collect(writer, old.Id);
                }

                return written;
            },
            cancellationToken);
    }

    // Unless another save has replaced it meanwhile: then the step is taken, and that one is compared in its turn.
    private CheckpointRow? HideReplaced(ICatalogWriter writer, TaskContext context, long step, long id)
    {
        if (writer.Checkpoints.AtStep(context.Id, step) is not { } row || row.Id != id)
        {
            return null;
        }

        row.RequireUnpinned();
        CheckpointRemover.Hide(writer, row, store.Options.Grace);
        store.AuditWriter.DeletedCheckpoint(writer, context.Name, row);
        return row;
    }

    // With the frames that were sent, or, where it has been laid elsewhere since, with others that say the same.
    private async Task MendAsync(TaskContext task, long step, PreparedSave save, CancellationToken cancellationToken)
    {
        Task<bool> PutAsync(PreparedSave frames) => store.Catalog.WriteAsync(
            writer => SaveWriter.Mend(
                writer, writer.Checkpoints.Find(task, StepRef.At(step)), frames, store.Options.Codec), cancellationToken);
        if (await PutAsync(save))
        {
            return;
        }

        using var snapshot = store.Catalog.OpenSnapshot();
        using var rebased = new RebasedMend(snapshot.View, task, store.Bases, store.Options, store.Parents)
            .Prepare(snapshot.View.Checkpoints.Find(task, StepRef.At(step)), save, cancellationToken);
        if (rebased is not null)
        {
            await PutAsync(rebased);
        }
    }

    private void RequireSame(TaskContext task, long step, PreparedSave save, PreparedSideFiles? sideFiles)
    {
        using var snapshot = store.Catalog.OpenSnapshot();
        var row = snapshot.View.Checkpoints.Find(task, StepRef.At(step));
        if (!IsSameModel(snapshot.View, task, row, save))
        {
            throw new FishException(
                ErrorCode.StepTaken, $"{task.Name}/{step}", "The step holds a checkpoint with other content.",
                "Checkpoints never change: save another step, delete it first, or save with overwrite, which replaces it.");
        }

        sideFiles?.RequireSame(snapshot.View, row);
    }

    // The same content may come with another parent or mask than it was first saved with: what counts is the state that it gives.
    private bool IsSameModel(ICatalogView view, TaskContext task, CheckpointRow row, PreparedSave save)
    {
        if (!HeaderSet.Same(view.OutputOf(task, row), save.Output))
        {
            return false;
        }

        if (row.State == save.State)
        {
            return true;
        }

        using var existing = OpenedState.Open(view, store.Bases, task, row);
        return !new StateDiff(existing.Reader, save.OpenReader(task.Name)).Read(new DeltaChunk());
    }

    // The checkpoint that an overwriting save replaces: one that cannot be read is another one too.
    private long? FindOther(
        TaskContext task, long step, PreparedSave save, PreparedState? state, PreparedSideFiles? sideFiles, SaveOptions options)
    {
        using var snapshot = store.Catalog.OpenSnapshot();
        var row = snapshot.View.Checkpoints.AtStep(task.Id, step) ?? throw new ReferenceGoneException();
        try
        {
            return IsSameModel(snapshot.View, task, row, save) && state?.IsOther(snapshot.View, row) != true
                && row.HasInfo(options.Metrics, options.Metadata) && (sideFiles is null || sideFiles.Set == row.SideSet) ? null : row.Id;
        }
        catch (FishException damage) when (damage.Kind == ErrorKind.Corrupt)
        {
            return row.Id;
        }
    }

    private async Task<PreparedState?> EncodeStateAsync(SaveOptions save, CancellationToken cancellationToken)
    {
        if (save.OpenState is null)
        {
            return null;
        }

        await using var content = save.OpenState();
        return await PreparedState.EncodeAsync(content, store.Options, cancellationToken);
    }
}
