namespace FishCheckpoint.Access;

/// <summary>One entry of the audit log: a write, a deletion, or a refused request.</summary>
/// <param name="Id">Its number; later entries have higher numbers.</param>
/// <param name="Time">When it happened; for refusals, the first time.</param>
/// <param name="Caller">Who did it: a key's name, <c>local:USER</c>, <c>server</c> or <c>anonymous</c>.</param>
/// <param name="KeyId">The key's id, if a key was used.</param>
/// <param name="Address">The client's address.</param>
/// <param name="Operation">The operation, such as <c>checkpoint.save</c>; for a refused request, its method and route.</param>
/// <param name="Task">The task, if the operation concerns one.</param>
/// <param name="Key">The object of the operation: TASK/STEP, a base, a key.</param>
/// <param name="Outcome"><c>created</c>, <c>changed</c>, <c>unchanged</c>, <c>deleted</c>, or the error code of the refusal.</param>
/// <param name="Bytes">Stored bytes added or freed, if known.</param>
/// <param name="Times">How many times it was refused. Equal refusals of one day share an entry.</param>
/// <param name="Last">When it was last refused; <see langword="null"/> if it was not refused.</param>
public sealed record AuditEntry(
    long Id, DateTimeOffset Time, string Caller, string? KeyId, string? Address, string Operation, string? Task, string Key, string Outcome,
    long? Bytes,
    long Times = 1, DateTimeOffset? Last = null)
{
    /// <summary>The <see cref="Key"/> of an entry that counts refusals with different keys.</summary>
    public const string Several = "several";
}

/// <summary>How many entries the audit log keeps, and for how long.</summary>
public sealed record AuditOptions
{
    /// <summary>The most entries for completed operations; the oldest are removed first. Default: 200,000.</summary>
    public long KeepEntries { get; init; } = 200_000;

    /// <summary>The most entries for refusals; the oldest are removed first. Default: 20,000.</summary>
    public long KeepRefusals { get; init; } = 20_000;

    /// <summary>How long entries are kept. Default: 365 days.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromDays(365);
}
