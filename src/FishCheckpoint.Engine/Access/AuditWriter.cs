using FishCheckpoint.Access;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Access;

/// <summary>Records who did what and enforces quotas, in the transaction of the change.</summary>
internal sealed class AuditWriter(EngineOptions options)
{
    public const string Created = "created";
    public const string Changed = "changed";
    public const string Unchanged = "unchanged";
    public const string Deleted = "deleted";

    /// <summary>The current caller.</summary>
    public Caller Caller => options.Caller();

    /// <summary>Adds an entry.</summary>
    public void Note(ICatalogWriter writer, string operation, string? task, string key, string outcome, long? bytes = null)
    {
        var caller = Caller;
        writer.Audit.Append(
            new AuditEntry(0, options.Time.GetUtcNow(), caller.Name, caller.KeyId, caller.Address, operation, task, key, outcome, bytes),
            options.Audit);
    }

    /// <summary>Adds a refusal.</summary>
    public void NoteRefusal(ICatalogWriter writer, AuditEntry refusal) => writer.Audit.AppendRefusal(refusal, options.Audit);

    /// <summary>Records that a base was added or already existed.</summary>
    /// <param name="writer">The transaction.</param>
    /// <param name="name">The name of the base.</param>
    /// <param name="id">The id of the base.</param>
    /// <param name="bytes">The bytes of the base.</param>
    /// <param name="newName">Whether the name is new.</param>
    /// <param name="newContent">Whether the content is new.</param>
    public void Added(ICatalogWriter writer, string name, Digest id, long bytes, bool newName, bool newContent)
    {
        Note(writer, "base.add", null, name, newName ? Created : Unchanged, newContent ? bytes : 0);
        if (newContent && Caller.KeyId is { } key)
        {
            writer.Bases.SetAddedBy(id, key);
            writer.Quotas.RequireKey(key);
        }
    }

    /// <summary>Records that a task was created or changed.</summary>
    public void Put(ICatalogWriter writer, string task, bool created)
    {
        if (created && Caller.IsLimited)
        {
            throw new FishException(
                ErrorCode.KeyForbidden, task,
                "A key that is limited to tasks cannot create one, because a task would give it access to a base.",
                "Create the task with another key first.");
        }

        Note(writer, "task.put", task, task, created ? Created : Changed);
    }

    /// <summary>Records a saved checkpoint.</summary>
    /// <returns>Whether it was saved; otherwise the step was taken, and the caller compares the contents.</returns>
    public bool Saved(ICatalogWriter writer, string task, long step, SavedRow? saved)
    {
        if (saved is null)
        {
            return false;
        }

        Note(writer, "checkpoint.save", task, $"{task}/{step}", Created, saved.Bytes);
        RequireQuotas(writer, task, Caller.KeyId);
        return true;
    }

    /// <summary>Records a deleted checkpoint.</summary>
    public void DeletedCheckpoint(ICatalogWriter writer, string task, CheckpointRow row) =>
        Note(writer, "checkpoint.delete", task, row.Label, Deleted, row.PositionBytes + row.ValueBytes + row.TrainerBytes);

    /// <summary>Records a restored checkpoint.</summary>
    public void Undeleted(ICatalogWriter writer, string task, CheckpointRow row)
    {
        Note(writer, "checkpoint.undelete", task, $"{task}/{row.Step}", Created, row.PositionBytes + row.ValueBytes + row.TrainerBytes);
        RequireQuotas(writer, task, writer.Quotas.SaverOf(row.Id));
    }

    /// <summary>Records a deleted task that was restored with its checkpoints.</summary>
    public void UndeletedTask(ICatalogWriter writer, string task)
    {
        Note(writer, "task.undelete", task, task, Created);
        writer.Quotas.RequireTask(task);
        foreach (var key in writer.Quotas.SaversOf(task))
        {
            writer.Quotas.RequireKey(key);
        }
    }

    /// <summary>Records a save whose step already has the same checkpoint.</summary>
    public bool SavedAgain(ICatalogWriter writer, string task, long step)
    {
        Note(writer, "checkpoint.save", task, $"{task}/{step}", Unchanged);
        return true;
    }

    /// <summary>Records that a checkpoint received a trainer state, or already had it.</summary>
    /// <returns>Whether it is new.</returns>
    public bool PutTrainerState(ICatalogWriter writer, string task, long step, bool isNew, long bytes)
    {
        Note(writer, "state.put", task, $"{task}/{step}", isNew ? Created : Unchanged, isNew ? bytes : null);
        if (isNew)
        {
            RequireQuotas(writer, task, writer.Quotas.SaverAt(task, step));
        }

        return isNew;
    }

    private static void RequireQuotas(ICatalogView view, string task, string? key)
    {
        view.Quotas.RequireTask(task);
        view.Quotas.RequireKey(key);
    }
}
