using System.Net.Http.Json;
using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Client.Http;

namespace FishCheckpoint.Client.Access;

/// <summary>The routes of keys, quotas and the audit log.</summary>
internal sealed class AccessCalls(FishHttp server) : IAccessControl
{
    public Task<NewKey> AddKeyAsync(KeySpec spec, CancellationToken cancellation = default) =>
        server.JsonAsync<NewKey>(HttpMethod.Post, Routes.Keys, cancellation, JsonContent.Create(spec, options: FishJson.Options));

    public Task<Page<KeyInfo>> ListKeysAsync(PageRequest page, CancellationToken cancellation = default) =>
        server.JsonAsync<Page<KeyInfo>>(HttpMethod.Get, Routes.Page(Routes.Keys, page), cancellation);

    public Task<KeyInfo> RevokeKeyAsync(string nameOrId, CancellationToken cancellation = default) =>
        server.JsonAsync<KeyInfo>(HttpMethod.Delete, Routes.Key(nameOrId), cancellation);

    public Task<TaskInfo> SetQuotaAsync(string task, TaskQuota quota, CancellationToken cancellation = default) =>
        server.JsonAsync<TaskInfo>(HttpMethod.Put, Routes.Quota(task), cancellation, JsonContent.Create(quota, options: FishJson.Options));

    public Task<Page<AuditEntry>> ListAuditAsync(
        PageRequest page, string? task = null, DateTimeOffset? since = null, CancellationToken cancellation = default)
    {
        var path = Routes.Page(Routes.Audit, page);
        path = task is null ? path : $"{path}&task={Names.Check(task, "task")}";
        return server.JsonAsync<Page<AuditEntry>>(
            HttpMethod.Get, since is { } from ? $"{path}&since={Uri.EscapeDataString(from.ToString("O"))}" : path, cancellation);
    }
}
