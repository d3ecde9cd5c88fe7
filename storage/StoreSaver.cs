using FishCheckpoint.Checkpoints;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Checkpoints;
using FishCheckpoint.Storage.Tasks;
using FishCheckpoint.Storage.Telemetry;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage;

/// <summary>Saves a checkpoint: encodes it in a snapshot, and commits it in one transaction.</summary>
internal sealed class StoreSaver(StoreContext store)
{
    public async Task<Saved<CheckpointInfo>> SaveAsync(
        string task, long step, CheckpointContent content, SaveOptions options, bool mayGuess, CancellationToken cancellationToken)
    {
        using var snapshot = store.Database.OpenSnapshot();
        var context = store.Context(snapshot.Connection, task);
        var saved = CheckpointTable.AtStep(snapshot.Connection, context.Id, step);
        var isTaken = saved is not null;
        using var prepared = Prepare(snapshot.Connection, context, step, content, options, saved, mayGuess, cancellationToken);
        CheckFileDigest(context, step, prepared, options.ExpectedFileDigest, cancellationToken);
        using var sideFiles = await PreparedSideFiles.EncodeAsync(
            snapshot.Connection, context, prepared.Output, options.SideFilesOf(
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
                await store.Database.WriteAsync(
                    connection =>
                    {
                        sideFiles.Mend(connection);
                        return true;
                    },
                    cancellationToken);
            }

            await store.Database.WriteAsync(connection => store.Ledger.SavedAgain(connection, task, step), cancellationToken);
            if (state is not null)
            {
                await store.Database.WriteAsync(
                    connection => store.Ledger.Given(
                        connection, task, step, state.Give(
                            connection, task, CheckpointTable.Find(connection, context, StepRef.At(step))), state.Info.StoredBytes),
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
        CatalogConnection connection, TaskContext context, long step, CheckpointContent content, SaveOptions options, CheckpointRow? saved,
        bool mayGuess, CancellationToken cancellationToken)
    {
        using var span = StoreTraces.Begin("save.encode", context.Name, StepRef.At(step).ToString());
        return new SavePreparer(connection, context,
            store.Options, store.Folder, store.Tasks, store.Parents, saved, mayGuess, cancellationToken).Prepare(step, content, options);
    }

    private async Task<bool> CommitAsync(
        TaskContext context, long step, PreparedSave prepared, PreparedState? state, PreparedSideFiles? sideFiles, SaveOptions options,
        long? replaced, CancellationToken cancellationToken)
    {
        using var span = StoreTraces.Begin("save.commit", context.Name, StepRef.At(step).ToString());
        return await store.Database.WriteAsync(
            connection =>
            {
                // The new one may use the mask and side files of the old one, which go only after that.
                var old = replaced is null ? null : HideReplaced(connection, context, step, replaced.Value);
                var written = store.Ledger.Saved(
                    connection, context.Name, step, SaveWriter.Write(connection,
                        context, step, prepared, state, sideFiles, options, store.Options.Codec, store.Ledger.Caller.KeyId, store.Now));
                if (old is not null)
                {
                    CheckpointRemover.Collect(connection, old.Id);
                }

                return written;
            },
            cancellationToken);
    }

    // Unless another save has replaced it meanwhile: then the step is taken, and that one is compared in its turn.
    private CheckpointRow? HideReplaced(CatalogConnection connection, TaskContext context, long step, long id)
    {
        if (CheckpointTable.AtStep(connection, context.Id, step) is not { } row || row.Id != id)
        {
            return null;
        }

        row.RequireUnpinned();
        CheckpointRemover.Hide(connection, row, store.Options.Grace);
        store.Ledger.DeletedCheckpoint(connection, context.Name, row);
        return row;
    }

    // With the frames that were sent, or, where it has been laid elsewhere since, with others that say the same.
    private async Task MendAsync(TaskContext task, long step, PreparedSave save, CancellationToken cancellationToken)
    {
        Task<bool> PutAsync(PreparedSave frames) => store.Database.WriteAsync(
            connection => SaveWriter.Mend(
                connection, CheckpointTable.Find(connection, task, StepRef.At(step)), frames, store.Options.Codec), cancellationToken);
        if (await PutAsync(save))
        {
            return;
        }

        using var snapshot = store.Database.OpenSnapshot();
        using var relaid = new RelaidMend(snapshot.Connection, task, store.Folder, store.Options, store.Parents)
            .Prepare(CheckpointTable.Find(snapshot.Connection, task, StepRef.At(step)), save, cancellationToken);
        if (relaid is not null)
        {
            await PutAsync(relaid);
        }
    }

    private void RequireSame(TaskContext task, long step, PreparedSave save, PreparedSideFiles? sideFiles)
    {
        using var snapshot = store.Database.OpenSnapshot();
        var row = CheckpointTable.Find(snapshot.Connection, task, StepRef.At(step));
        if (!IsSameModel(snapshot.Connection, task, row, save))
        {
            throw new FishException(
                ErrorCode.StepTaken, $"{task.Name}/{step}", "The step holds a checkpoint with other content.",
                "Checkpoints never change: save another step, delete it first, or save with overwrite, which replaces it.");
        }

        sideFiles?.RequireSame(snapshot.Connection, row);
    }

    // The same content may come with another parent or mask than it was first saved with: what counts is the state that it gives.
    private bool IsSameModel(CatalogConnection connection, TaskContext task, CheckpointRow row, PreparedSave save)
    {
        if (!HeaderSet.Same(CheckpointTable.OutputOf(connection, task, row), save.Output))
        {
            return false;
        }

        if (row.State == save.State)
        {
            return true;
        }

        using var existing = OpenedState.Open(connection, store.Folder, task, row);
        return !new StateDiff(existing.Reader, save.OpenReader(task.Name)).Read(new DeltaChunk());
    }

    // The checkpoint that an overwriting save replaces: one that cannot be read is another one too.
    private long? FindOther(
        TaskContext task, long step, PreparedSave save, PreparedState? state, PreparedSideFiles? sideFiles, SaveOptions options)
    {
        using var snapshot = store.Database.OpenSnapshot();
        var row = CheckpointTable.AtStep(snapshot.Connection, task.Id, step) ?? throw new ReferenceGoneException();
        try
        {
            return IsSameModel(snapshot.Connection, task, row, save) && state?.IsOther(snapshot.Connection, row) != true
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
