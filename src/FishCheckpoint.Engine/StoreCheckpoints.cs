using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Access;
using FishCheckpoint.Engine.Chains;
using FishCheckpoint.Engine.Maintenance.Collection;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Saving;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Engine;

/// <summary>The checkpoints of a store.</summary>
internal sealed class StoreCheckpoints(StoreContext store) : ICheckpoints
{
    // Each deletion makes this many earlier ones final, so that they do not accumulate in a store without collection.
    private const int FinalPerDeletion = 2;

    private readonly SaveExecutor saver = new(store);

    /// <inheritdoc/>
    public Task<Saved<CheckpointInfo>> SaveAsync(
        string task, long step, CheckpointContent content, SaveOptions? options =
            null, CancellationToken cancellationToken = default) => store.GuardedAsync(async () =>
    {
        store.RequireWritable();
        options ??= new SaveOptions();
        new SaveInfo(options.Metrics, options.Metadata).Validate($"{task}/{step}");
        await store.Room.KeepReserveAsync(cancellationToken);
        return await saver.SaveAsync(new SaveRequest(task, step, content, options), cancellationToken);
    });

    /// <inheritdoc/>
    public Task<CheckpointInfo> GetAsync(string task, StepRef step, CancellationToken cancellationToken = default) =>
        store.GetCheckpointAsync(task, step);

    /// <inheritdoc/>
    public AsyncPageable<CheckpointInfo> ListAsync(string task, PageRequest? page = null, CancellationToken cancellationToken = default) =>
        store.List((view, part) => view.Checkpoints.List(store.Context(view, task), part), page, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string task, StepRef step, CancellationToken cancellationToken = default) => store.WriteAsync(
        writer =>
        {
            var row = writer.Checkpoints.Find(store.Context(writer, task), step);
            row.RequireUnpinned();
            CheckpointRemover.Remove(writer, row, store.Options.Grace);
            store.AuditWriter.DeletedCheckpoint(writer, task, row);
            return GraceCollector.Some(writer, store.Now, FinalPerDeletion);
        },
        cancellationToken);

    /// <inheritdoc/>
    public AsyncPageable<DeletedCheckpoint> ListDeletedAsync(
        string task, PageRequest? page = null, CancellationToken cancellationToken = default) =>
        store.List((view, part) => view.Deleted.Checkpoints(task, part, store.Now), page, cancellationToken);

    /// <inheritdoc/>
    public Task<Undeleted> UndeleteAsync(string task, long step, UndeleteOptions? options =
        null, CancellationToken cancellationToken = default) => store.GuardedAsync(async () =>
    {
        var (info, taken) = await store.Catalog.WriteAsync(
            writer =>
            {
                var target = options?.As is { } given ? StepRef.At(given) : StepRef.At(step);
                var (row, taken) = writer.Deleted.Undelete(Names.Check(task, "task"), step, target.Step, store.Now);
                if (options?.Pin == true)
                {
                    writer.Checkpoints.SetPin(row.Id, pinned: true);
                }

                store.AuditWriter.Undeleted(writer, task, row);
                return (writer.Checkpoints.Row(row.Id)!.ToInfo(writer, task), taken);
            },
            cancellationToken);

        // A separate look at the whole task, outside the transaction.
        return new Undeleted(info, taken, store.Catalog.Read(view => store.GarbageCollector.Removes(view, task, info.Step)));
    });

    /// <inheritdoc/>
    public Task SetTagAsync(string task, string tag, StepRef? step, CancellationToken cancellationToken = default) => store.WriteAsync(
        writer =>
        {
            if (step is { } target)
            {
                SetTag(writer, task, tag, target);
            }
            else
            {
                RemoveTag(writer, task, tag);
            }

            return true;
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task SetPinAsync(string task, StepRef step, bool pinned, CancellationToken cancellationToken = default) => store.WriteAsync(
        writer =>
        {
            var row = writer.Checkpoints.Find(store.Context(writer, task), step);
            store.AuditWriter.Note(writer, pinned ? "checkpoint.pin" : "checkpoint.unpin", task, row.Label, AuditWriter.Changed);
            writer.Checkpoints.SetPin(row.Id, pinned);
            return true;
        },
        cancellationToken);

    private void SetTag(ICatalogWriter writer, string task, string tag, StepRef step)
    {
        Names.CheckTag(tag);
        var context = store.Context(writer, task);
        var row = writer.Checkpoints.Find(context, step);
        store.AuditWriter.Note(writer, "tag.set", task, $"{task}/{tag}", AuditWriter.Changed);
        writer.Tags.Set(context.Id, tag, row.Id);
    }

    private void RemoveTag(ICatalogWriter writer, string task, string tag)
    {
        if (!writer.Tags.Remove(store.Context(writer, task).Id, tag))
        {
            throw new FishException(
                ErrorCode.TagNotFound, $"{task}/{tag}", "The task has no such tag.", "List the task's checkpoints with their tags.");
        }

        store.AuditWriter.Note(writer, "tag.remove", task, $"{task}/{tag}", AuditWriter.Deleted);
    }
}
