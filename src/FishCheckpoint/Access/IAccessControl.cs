using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Access;

/// <summary>Who may do what to a store, how much, and who did. Safe for use by many callers at once.</summary>
public interface IAccessControl
{
    /// <summary>Makes a key. Servers that run on the store take it at once.</summary>
    /// <returns>The key with its token, which is not kept and cannot be shown again.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.KeyTaken"/>: a key that is not revoked has the name;
    /// <see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.RequestInvalid"/>.</exception>
    Task<NewKey> AddKeyAsync(KeySpec spec, CancellationToken cancellationToken = default);

    /// <summary>The keys in the order in which they were made, revoked ones too.</summary>
    /// <param name="page">Where the list begins, and how much one request asks for. Default: the first key.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    AsyncPageable<KeyInfo> ListKeysAsync(PageRequest? page = null, CancellationToken cancellationToken = default);

    /// <summary>Revokes a key: the next request with it is refused, by every server on the store.</summary>
    /// <param name="nameOrId">The key's name, or its id.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.KeyNotFound"/>: there is no such key, or it is revoked already.</exception>
    Task<KeyInfo> RevokeKeyAsync(string nameOrId, CancellationToken cancellationToken = default);

    /// <summary>Says how much a task may store. What is there already stays, whatever the quota.</summary>
    /// <param name="task">The task.</param>
    /// <param name="quota">The quota.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.RequestInvalid"/>: it is
    /// negative.</exception>
    Task<TaskInfo> SetQuotaAsync(string task, TaskQuota quota, CancellationToken cancellationToken = default);

    /// <summary>The audit log, the newest entries first.</summary>
    /// <param name="page">Where the list begins, and how much one request asks for; <see cref="PageRequest.After"/> is an entry's number.
    /// Default: the
    /// newest entry.</param>
    /// <param name="task">Only what concerns this task; <see langword="null"/>: everything.</param>
    /// <param name="since">Only what was done from then on; <see langword="null"/>: everything.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    AsyncPageable<AuditEntry> ListAuditAsync(
        PageRequest? page = null, string? task = null, DateTimeOffset? since = null, CancellationToken cancellationToken = default);
}
