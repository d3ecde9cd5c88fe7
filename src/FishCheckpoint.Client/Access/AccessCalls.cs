using System.Net.Http.Json;
using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;

namespace FishCheckpoint.Client.Access;

/// <summary>The routes of keys, quotas and the audit log.</summary>
internal sealed class AccessCalls(FishHttp server) : IAccessControl
{
    public Task<NewKey> AddKeyAsync(KeySpec spec, CancellationToken cancellationToken = default) =>
        server.JsonAsync<NewKey>(HttpMethod.Post, Routes.Keys, cancellationToken, JsonContent.Create(spec, options: FishJson.Options));

    public AsyncPageable<KeyInfo> ListKeysAsync(PageRequest? page = null, CancellationToken cancellationToken = default) =>
        server.List<KeyInfo>(Routes.Keys, page, cancellationToken);

    public Task<KeyInfo> RevokeKeyAsync(string nameOrId, CancellationToken cancellationToken = default) =>
        server.JsonAsync<KeyInfo>(HttpMethod.Delete, Routes.Key(nameOrId), cancellationToken);

    public Task<TaskInfo> SetQuotaAsync(string task, TaskQuota quota, CancellationToken cancellationToken = default) =>
        server.JsonAsync<TaskInfo>(
            HttpMethod.Put, Routes.Quota(task), cancellationToken, JsonContent.Create(quota, options: FishJson.Options));

    public AsyncPageable<AuditEntry> ListAuditAsync(
        PageRequest? page = null, string? task = null, DateTimeOffset? since = null, CancellationToken cancellationToken = default)
    {
        var only = task is null ? "" : $"&task={Names.Check(task, "task")}";
        only = since is { } from ? $"{only}&since={Uri.EscapeDataString(from.ToString("O"))}" : only;
        return new AsyncPageable<AuditEntry>(
            (part, stop) => server.JsonAsync<Page<AuditEntry>>(HttpMethod.Get, $"{Routes.Page(Routes.Audit, part)}{only}", stop),
            page, cancellationToken);
    }
}
