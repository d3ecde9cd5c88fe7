using FishCheckpoint.Access;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Access;

/// <summary>Writes down who did what, and holds it against the quotas: always in the transaction that does it.</summary>
internal sealed class AuditWriter(EngineOptions options)
{
    public const string Created = "created";
    public const string Changed = "changed";
    public const string Unchanged = "unchanged";
    public const string Deleted = "deleted";

    /// <summary>Who is at work now.</summary>
    public Caller Caller => options.Caller();

    /// <summary>Writes an entry.</summary>
    public void Note(ICatalogWriter writer, string operation, string? task, string key, string outcome, long? bytes = null)
    {
        var caller = Caller;
        writer.Audit.Append(
            new AuditEntry(0, options.Time.GetUtcNow(), caller.Name, caller.KeyId, caller.Address, operation, task, key, outcome, bytes),
            options.Audit);
    }

    /// <summary>Writes down what was refused, and to whom.</summary>
    public void NoteRefusal(ICatalogWriter writer, AuditEntry refusal) => writer.Audit.AppendRefusal(refusal, options.Audit);

    /// <summary>A base was added, or was there.</summary>
    /// <param name="writer">The transaction.</param>
    /// <param name="name">Its name.</param>
    /// <param name="id">Its identity.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="newName">Whether the name is new.</param>
    /// <param name="newContent">Whether the content is.</param>
    public void Added(ICatalogWriter writer, string name, Digest id, long bytes, bool newName, bool newContent)
    {
        Note(writer, "base.add", null, name, newName ? Created : Unchanged, newContent ? bytes : 0);
        if (newContent && Caller.KeyId is { } key)
        {
            writer.Bases.SetAddedBy(id, key);
            writer.Quotas.RequireKey(key);
        }
    }

    /// <summary>A task was made, or changed.</summary>
    public void Put(ICatalogWriter writer, string task, bool created)
    {
        if (created && Caller.IsLimited)
        {
            throw new FishException(
                ErrorCode.KeyForbidden, task, "A key that is limited to tasks makes none: a task opens its base to the key.",
                "Let the task be made with another key first.");
        }

        Note(writer, "task.put", task, task, created ? Created : Changed);
    }

    /// <summary>A checkpoint was saved, or its step was taken: then it is still to be seen whether by the same.</summary>
    /// <returns>Whether it was saved.</returns>
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

    /// <summary>A checkpoint was deleted.</summary>
    public void DeletedCheckpoint(ICatalogWriter writer, string task, CheckpointRow row) =>
        Note(writer, "checkpoint.delete", task, row.Label, Deleted, row.BroughtBytes + row.ValueBytes + row.TrainerBytes);

    /// <summary>A deleted checkpoint was brought back.</summary>
    public void Undeleted(ICatalogWriter writer, string task, CheckpointRow row)
    {
        Note(writer, "checkpoint.undelete", task, $"{task}/{row.Step}", Created, row.BroughtBytes + row.ValueBytes + row.TrainerBytes);
        RequireQuotas(writer, task, writer.Quotas.SaverOf(row.Id));
    }

    /// <summary>A deleted task was brought back with its checkpoints.</summary>
    public void UndeletedTask(ICatalogWriter writer, string task)
    {
        Note(writer, "task.undelete", task, task, Created);
        writer.Quotas.RequireTask(task);
        foreach (var key in writer.Quotas.SaversOf(task))
        {
            writer.Quotas.RequireKey(key);
        }
    }

    /// <summary>The step held the same checkpoint already.</summary>
    public bool SavedAgain(ICatalogWriter writer, string task, long step)
    {
        Note(writer, "checkpoint.save", task, $"{task}/{step}", Unchanged);
        return true;
    }

    /// <summary>A checkpoint was given its trainer state, or had it.</summary>
    /// <returns>Whether it was given it.</returns>
    public bool Given(ICatalogWriter writer, string task, long step, bool given, long bytes)
    {
        Note(writer, "state.put", task, $"{task}/{step}", given ? Created : Unchanged, given ? bytes : null);
        if (given)
        {
            RequireQuotas(writer, task, writer.Quotas.SaverAt(task, step));
        }

        return given;
    }

    private static void RequireQuotas(ICatalogView view, string task, string? key)
    {
        view.Quotas.RequireTask(task);
        view.Quotas.RequireKey(key);
    }
}
