using FishCheckpoint.Checkpoints;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Chains;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Saving;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Engine.Telemetry;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine;

/// <summary>
/// Saves checkpoints: encodes each in a snapshot and commits it in one transaction. Retries if a reference was deleted meanwhile or the
/// disk is full. A repeated save repairs damaged frames.
/// </summary>
internal sealed class SaveExecutor(StoreContext store)
{
    // Attempts that may predict values from an earlier checkpoint; the last attempt uses no prediction.
    private const int MaxPredictionAttempts = 3;

    // Attempts on a full disk; each frees twice as much as the one before.
    private const int MaxRoomAttempts = 20;

    private readonly SaveParts parts = new(store.Options, store.Bases, store.Tasks, store.Parents);

    public async Task<Saved<CheckpointInfo>> SaveAsync(SaveRequest request, CancellationToken cancellationToken)
    {
        using var span = StoreTraces.Begin("save", request.Task, StepRef.At(request.Step).ToString());
        for (var (attempt, full) = (1, 0); ;)
        {
            try
            {
                var written = await TrySaveAsync(request with { MayPredict = attempt < MaxPredictionAttempts }, cancellationToken);
                return new Saved<CheckpointInfo>(await store.GetCheckpointAsync(request.Task, StepRef.At(request.Step)), written);
            }
            catch (Exception error) when (store.Catalog.Space.IsFull(error) && full < MaxRoomAttempts)
            {
                // Deletions in their grace give way to new saves while that frees bytes.
                full++;
                if (!await store.Room.GrowAsync(cancellationToken))
                {
                    throw;
                }
            }
            catch (ReferenceGoneException)
            {
                // Predict from what is left, and in the end from nothing; or compare with a checkpoint that another process saved.
                attempt++;
            }
        }
    }

    // Returns whether it was written; otherwise the step holds the same checkpoint.
    private async Task<bool> TrySaveAsync(SaveRequest request, CancellationToken cancellationToken)
    {
        using var snapshot = store.Catalog.OpenSnapshot();
        var task = store.Context(snapshot.View, request.Task);
        var saved = snapshot.View.Checkpoints.AtStep(task.Id, request.Step);
        using var save = Prepare(snapshot.View, task, request, saved, cancellationToken);
        CheckFileDigest(request, save, cancellationToken);
        var (sent, known) = (request.Options.SideFilesOf(request.Content), request.Options.KnownSideFiles);
        save.SideFiles = sent.Count + known.Count == 0 ? null
            : await PreparedSideFiles.EncodeAsync(snapshot.View, task, save.Output, sent, known, store.Options, cancellationToken);
        if (saved is null)
        {
            // Encoding needs no earlier state from here on. A snapshot held until the commit would keep the log from ever being emptied.
            snapshot.Release();
        }

        save.TrainerState = await EncodeTrainerStateAsync(request.Options, cancellationToken);
        if (await CommitAsync(request, save, replaced: null, cancellationToken))
        {
            return true;
        }

        if (saved is null)
        {
            throw new ReferenceGoneException();
        }

        await RepairAsync(task, request.Step, save, cancellationToken);
        if (request.Options.Overwrite && FindOther(task, request, save) is { } other)
        {
            snapshot.Release();
            return await CommitAsync(request, save, other, cancellationToken) ? true : throw new ReferenceGoneException();
        }

        await SaveAgainAsync(task, request, save, cancellationToken);
        return false;
    }

    private async Task SaveAgainAsync(TaskContext task, SaveRequest request, PreparedSave save, CancellationToken cancellationToken)
    {
        RequireSame(task, request, save);
        if (save.SideFiles is { } sideFiles)
        {
            await store.Catalog.WriteAsync(
                sideFiles.NewFrames,
                writer =>
                {
                    sideFiles.Repair(writer);
                    return true;
                },
                cancellationToken);
        }

        await store.Catalog.WriteAsync(writer => store.AuditWriter.SavedAgain(writer, task.Name, request.Step), cancellationToken);
        if (save.TrainerState is { } state)
        {
            await store.Catalog.WriteAsync(
                state.NewFrames, writer => store.AuditWriter.PutTrainerState(
                    writer, task.Name, request.Step,
                    state.Attach(writer, task.Name, writer.Checkpoints.Find(task, StepRef.At(request.Step))), state.Info.StoredBytes),
                cancellationToken);
        }
    }

    private static void CheckFileDigest(SaveRequest request, PreparedSave save, CancellationToken cancellationToken)
    {
        if (request.Options.ExpectedFileDigest is not { } expected)
        {
            return;
        }

        if (save.Output.Files.Count != 1)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, request.Label, "The request has a digest of the full file, but the model has several files.",
                "Omit the digest.");
        }

        var plan = new RestorePlan(save.Parent.Task.Layout, save.Output, save.Parent.Links);
        var found = CheckpointVerifier.HashFile(save.OpenReader(request.Label), plan, 0, cancellationToken);
        if (found != expected)
        {
            throw new FishException(
                ErrorCode.DigestMismatch, request.Label,
                $"The full file has the digest {found} instead of the announced {expected}; nothing was stored.",
                "The upload is damaged or has another parent: send it again.");
        }
    }

    private PreparedSave Prepare(
        ICatalogView view, TaskContext task, SaveRequest request, CheckpointRow? saved, CancellationToken cancellationToken)
    {
        using var span = StoreTraces.Begin("save.encode", task.Name, StepRef.At(request.Step).ToString());
        return new SavePreparer(view, task, request, saved, parts, cancellationToken).Prepare();
    }

    private async Task<bool> CommitAsync(SaveRequest request, PreparedSave save, long? replaced, CancellationToken cancellationToken)
    {
        var (task, step) = (save.Parent.Task, request.Step);
        using var span = StoreTraces.Begin("save.commit", task.Name, StepRef.At(step).ToString());
        return await store.Catalog.WriteAsync(
            save.NewFrames,
            writer =>
            {
                // The new checkpoint may share the mask and side files of the old one, so they are removed after it is written.
                var old = replaced is null ? null : MarkReplacedDeleted(writer, task, step, replaced.Value);
                var written = store.AuditWriter.Saved(
                    writer, task.Name, step, SaveWriter.Write(writer, request, save, store.Options));
                if (old is not null)
                {
                    CheckpointRemover.Collect(writer, old.Id);
                }

                return written;
            },
            cancellationToken);
    }

    // If another save replaced it meanwhile, the step is taken and that checkpoint is compared next.
    private CheckpointRow? MarkReplacedDeleted(ICatalogWriter writer, TaskContext task, long step, long id)
    {
        if (writer.Checkpoints.AtStep(task.Id, step) is not { } row || row.Id != id)
        {
            return null;
        }

        row.RequireUnpinned();
        CheckpointRemover.MarkDeleted(writer, row, store.Options.Grace);
        store.AuditWriter.DeletedCheckpoint(writer, task.Name, row);
        return row;
    }

    // Repairs with the frames that were sent or, if the checkpoint was rebased, with equivalent ones.
    private async Task RepairAsync(TaskContext task, long step, PreparedSave save, CancellationToken cancellationToken)
    {
        Task<bool> PutAsync(PreparedSave frames) => store.Catalog.WriteAsync(
            frames.NewFrames, writer => SaveWriter.Repair(
                writer, writer.Checkpoints.Find(task, StepRef.At(step)), frames, store.Options.Codec), cancellationToken);
        if (await PutAsync(save))
        {
            return;
        }

        using var snapshot = store.Catalog.OpenSnapshot();
        using var rebased = new RebasedRepair(snapshot.View, task, parts)
            .Prepare(snapshot.View.Checkpoints.Find(task, StepRef.At(step)), save, cancellationToken);
        if (rebased is not null)
        {
            await PutAsync(rebased);
        }
    }

    private void RequireSame(TaskContext task, SaveRequest request, PreparedSave save)
    {
        using var snapshot = store.Catalog.OpenSnapshot();
        var row = snapshot.View.Checkpoints.Find(task, StepRef.At(request.Step));
        if (!IsSameModel(snapshot.View, task, row, save))
        {
            throw new FishException(
                ErrorCode.StepTaken, request.Label, "The step already has a checkpoint with other content.",
                "Save another step, delete that checkpoint first, or save with overwrite.");
        }

        save.SideFiles?.RequireSame(snapshot.View, row);
    }

    // The same content may come with another parent or mask; only the resulting state counts.
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

    // The checkpoint that an overwriting save replaces. An unreadable one counts as different.
    private long? FindOther(TaskContext task, SaveRequest request, PreparedSave save)
    {
        using var snapshot = store.Catalog.OpenSnapshot();
        var row = snapshot.View.Checkpoints.AtStep(task.Id, request.Step) ?? throw new ReferenceGoneException();
        try
        {
            return IsSameModel(snapshot.View, task, row, save) && save.TrainerState?.IsOther(snapshot.View, row) != true
                && row.HasInfo(request.Options.Metrics, request.Options.Metadata)
                && (save.SideFiles is null || save.SideFiles.Set == row.SideSet) ? null : row.Id;
        }
        catch (FishException damage) when (damage.Kind == ErrorKind.Corrupt)
        {
            return row.Id;
        }
    }

    private async Task<PreparedTrainerState?> EncodeTrainerStateAsync(SaveOptions save, CancellationToken cancellationToken)
    {
        if (save.OpenTrainerState is null)
        {
            return null;
        }

        await using var content = save.OpenTrainerState();
        return await PreparedTrainerState.EncodeAsync(content, store.Options, cancellationToken);
    }
}
