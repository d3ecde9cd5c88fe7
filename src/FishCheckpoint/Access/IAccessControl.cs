using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Access;

/// <summary>Who may do what to a store, how much, and who did. Safe for use by many callers at once.</summary>
public interface IAccessControl
{
    /// <summary>Makes a key. Servers that run on the store take it at once.</summary>
    /// <returns>The key with its token, which is not kept and cannot be shown again.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.KeyTaken"/>: a key that is not revoked has the name; <see cref="ErrorCode.NameInvalid"/>,
    /// <see cref="ErrorCode.RequestInvalid"/>.</exception>
    Task<NewKey> AddKeyAsync(KeySpec spec, CancellationToken cancellation = default);

    /// <summary>The keys in the order in which they were made, revoked ones too.</summary>
    Task<Page<KeyInfo>> ListKeysAsync(PageRequest page, CancellationToken cancellation = default);

    /// <summary>Revokes a key: the next request with it is refused, by every server on the store.</summary>
    /// <param name="nameOrId">The key's name, or its id.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.KeyNotFound"/>: there is no such key, or it is revoked already.</exception>
    Task<KeyInfo> RevokeKeyAsync(string nameOrId, CancellationToken cancellation = default);

    /// <summary>Says how much a task may store. What is there already stays, whatever the quota.</summary>
    /// <param name="task">The task.</param>
    /// <param name="quota">The quota.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.RequestInvalid"/>: it is negative.</exception>
    Task<TaskInfo> SetQuotaAsync(string task, TaskQuota quota, CancellationToken cancellation = default);

    /// <summary>The audit log, the newest entries first.</summary>
    /// <param name="page">Which part; <see cref="PageRequest.After"/> is an entry's number.</param>
    /// <param name="task">Only what concerns this task; <see langword="null"/>: everything.</param>
    /// <param name="since">Only what was done from then on; <see langword="null"/>: everything.</param>
    /// <param name="cancellation">Ends the call.</param>
    Task<Page<AuditEntry>> ListAuditAsync(
        PageRequest page, string? task = null, DateTimeOffset? since = null, CancellationToken cancellation = default);
}
