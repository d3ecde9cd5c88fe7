using FishCheckpoint.Access;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Access;

/// <summary>Writes down who did what, and holds it against the quotas: always in the transaction that does it.</summary>
internal sealed class Ledger(StoreOptions options)
{
    public const string Created = AuditTable.Created;
    public const string Changed = AuditTable.Changed;
    public const string Unchanged = "unchanged";
    public const string Deleted = AuditTable.Deleted;

    /// <summary>Who is at work now.</summary>
    public Caller Caller => options.Caller();

    /// <summary>Writes an entry.</summary>
    public void Note(CatalogConnection connection, string operation, string? task, string key, string outcome, long? bytes = null)
    {
        var caller = Caller;
        AuditTable.Append(
            connection,
            new AuditEntry(0, options.Time.GetUtcNow(), caller.Name, caller.KeyId, caller.Address, operation, task, key, outcome, bytes), options.Audit);
    }

    /// <summary>Writes down what was refused, and to whom.</summary>
    public void NoteRefusal(CatalogConnection connection, AuditEntry refusal) => AuditTable.AppendRefusal(connection, refusal, options.Audit);

    /// <summary>A base was added, or was there.</summary>
    /// <param name="connection">The transaction.</param>
    /// <param name="name">Its name.</param>
    /// <param name="id">Its identity.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="newName">Whether the name is new.</param>
    /// <param name="newContent">Whether the content is.</param>
    public void Added(CatalogConnection connection, string name, Digest id, long bytes, bool newName, bool newContent)
    {
        Note(connection, "base.add", null, name, newName ? Created : Unchanged, newContent ? bytes : 0);
        if (newContent && Caller.KeyId is { } key)
        {
            BaseTable.SetAddedBy(connection, id, key);
            Quotas.RequireKey(connection, key);
        }
    }

    /// <summary>A task was made, or changed.</summary>
    public void Put(CatalogConnection connection, string task, bool created)
    {
        if (created && Caller.IsLimited)
        {
            throw new FishException(
                ErrorCode.KeyForbidden, task, "A key that is limited to tasks makes none: a task opens its base to the key.", "Let the task be made with another key first.");
        }

        Note(connection, "task.put", task, task, created ? Created : Changed);
    }

    /// <summary>A checkpoint was saved, or its step was taken: then it is still to be seen whether by the same.</summary>
    /// <returns>Whether it was saved.</returns>
    public bool Saved(CatalogConnection connection, string task, long step, SavedRow? saved)
    {
        if (saved is null)
        {
            return false;
        }

        Note(connection, "checkpoint.save", task, $"{task}/{step}", Created, saved.Bytes);
        RequireQuotas(connection, task, Caller.KeyId);
        return true;
    }

    /// <summary>A checkpoint was deleted.</summary>
    public void DeletedCheckpoint(CatalogConnection connection, string task, CheckpointRow row) =>
        Note(connection, "checkpoint.delete", task, row.Label, Deleted, row.BroughtBytes + row.ValueBytes + row.TrainerBytes);

    /// <summary>A deleted checkpoint was brought back.</summary>
    public void Undeleted(CatalogConnection connection, string task, CheckpointRow row)
    {
        Note(connection, "checkpoint.undelete", task, $"{task}/{row.Step}", Created, row.BroughtBytes + row.ValueBytes + row.TrainerBytes);
        RequireQuotas(connection, task, Savers.Of(connection, row.Id));
    }

    /// <summary>A deleted task was brought back with its checkpoints.</summary>
    public void UndeletedTask(CatalogConnection connection, string task)
    {
        Note(connection, "task.undelete", task, task, Created);
        Quotas.RequireTask(connection, task);
        foreach (var key in Savers.OfTask(connection, task))
        {
            Quotas.RequireKey(connection, key);
        }
    }

    /// <summary>The step held the same checkpoint already.</summary>
    public bool SavedAgain(CatalogConnection connection, string task, long step)
    {
        Note(connection, "checkpoint.save", task, $"{task}/{step}", Unchanged);
        return true;
    }

    /// <summary>A checkpoint was given its trainer state, or had it.</summary>
    /// <returns>Whether it was given it.</returns>
    public bool Given(CatalogConnection connection, string task, long step, bool given, long bytes)
    {
        Note(connection, "state.put", task, $"{task}/{step}", given ? Created : Unchanged, given ? bytes : null);
        if (given)
        {
            RequireQuotas(connection, task, Savers.At(connection, task, step));
        }

        return given;
    }

    private static void RequireQuotas(CatalogConnection connection, string task, string? key)
    {
        Quotas.RequireTask(connection, task);
        Quotas.RequireKey(connection, key);
    }
}
