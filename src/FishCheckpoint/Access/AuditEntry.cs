namespace FishCheckpoint.Access;

/// <summary>A write or a deletion, or what was refused, as the audit log keeps it.</summary>
/// <param name="Id">Its number; later ones are higher.</param>
/// <param name="Time">When it was done, or first refused.</param>
/// <param name="Caller">Who did it: a key's name, <c>local:USER</c>, <c>server</c> or <c>anonymous</c>.</param>
/// <param name="KeyId">The key's id, where there was one.</param>
/// <param name="Address">Where the request came from.</param>
/// <param name="Operation">What was done, as in <c>checkpoint.save</c>; of a request that was refused, its method and route.</param>
/// <param name="Task">The task, where it concerned one.</param>
/// <param name="Key">What it was done to: TASK/STEP, a base, a key.</param>
/// <param name="Outcome"><c>created</c>, <c>changed</c>, <c>unchanged</c>, <c>deleted</c>, or the code of the refusal.</param>
/// <param name="Bytes">Stored bytes that it added or freed, where it is known.</param>
/// <param name="Times">How many times it was refused: equal refusals of a day are one entry.</param>
/// <param name="Last">When it was last refused; <see langword="null"/>: it was done.</param>
public sealed record AuditEntry(
    long Id, DateTimeOffset Time, string Caller, string? KeyId, string? Address, string Operation, string? Task, string Key, string Outcome,
    long? Bytes,
    long Times = 1, DateTimeOffset? Last = null)
{
    /// <summary>The <see cref="Key"/> of refusals that are counted together, whatever they concerned.</summary>
    public const string Several = "several";
}

/// <summary>How much of the audit log is kept.</summary>
public sealed record AuditOptions
{
    /// <summary>The most entries of what was done; the oldest are removed. Default: 200,000.</summary>
    public long KeepEntries { get; init; } = 200_000;

    /// <summary>The most entries of what was refused; the oldest are removed. Default: 20,000.</summary>
    public long KeepRefusals { get; init; } = 20_000;

    /// <summary>How long entries are kept. Default: 365 days.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromDays(365);
}
