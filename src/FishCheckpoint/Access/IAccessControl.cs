using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Access;

/// <summary>Keys, quotas and the audit log of a store. Safe for concurrent use.</summary>
public interface IAccessControl
{
    /// <summary>Creates a key. Running servers on the store accept it at once.</summary>
    /// <returns>The key with its token. The token is not stored and cannot be shown again.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.KeyTaken"/>: another key that is not revoked has the name;
    /// <see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.RequestInvalid"/>.</exception>
    Task<NewKey> AddKeyAsync(KeySpec spec, CancellationToken cancellationToken = default);

    /// <summary>All keys in order of creation, including revoked ones.</summary>
    /// <param name="page">The start of the list and the page size. Default: from the first key.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    AsyncPageable<KeyInfo> ListKeysAsync(PageRequest? page = null, CancellationToken cancellationToken = default);

    /// <summary>Revokes a key. Every server on the store refuses its next request.</summary>
    /// <param name="nameOrId">The key's name or id.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.KeyNotFound"/>: no such key exists, or it is already revoked.</exception>
    Task<KeyInfo> RevokeKeyAsync(string nameOrId, CancellationToken cancellationToken = default);

    /// <summary>Sets a task's quota. Existing checkpoints stay, even above the quota.</summary>
    /// <param name="task">The task.</param>
    /// <param name="quota">The quota.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TaskNotFound"/>; <see cref="ErrorCode.RequestInvalid"/>: the quota is
    /// negative.</exception>
    Task<TaskInfo> SetQuotaAsync(string task, TaskQuota quota, CancellationToken cancellationToken = default);

    /// <summary>The audit log, newest entries first.</summary>
    /// <param name="page">The start of the list and the page size; <see cref="PageRequest.After"/> is an entry's number. Default: from the
    /// newest entry.</param>
    /// <param name="task">Only entries of this task; <see langword="null"/> for all entries.</param>
    /// <param name="since">Only entries from this time on; <see langword="null"/> for all entries.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    AsyncPageable<AuditEntry> ListAuditAsync(
        PageRequest? page = null, string? task = null, DateTimeOffset? since = null, CancellationToken cancellationToken = default);
}
