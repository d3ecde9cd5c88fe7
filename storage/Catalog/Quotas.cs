using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Compares stored bytes with quotas after a write and in its transaction, so that exceeding one rolls back the write.</summary>
internal sealed partial class Quotas(CatalogConnection connection) : IQuotaRows
{
    public void RequireTask(string task) =>
        Require(
            """
            SELECT x.position_bytes + x.value_bytes + x.state_bytes, t.quota_bytes
            FROM tasks t JOIN totals x ON x.base = t.base AND x.task = t.id WHERE t.name = $0
            """,
            task, $"task {task}", "Delete checkpoints, or request a larger quota (fishckpt task quota).");

    public void RequireKey(string? key) => Require("SELECT stored_bytes, quota_bytes FROM keys WHERE id = $0", key, $"key {key}",
        "Delete checkpoints that this key has saved, or request a key with a larger quota.");

    private void Require(string sql, string? name, string key, string hint)
    {
        if (name is not null
            && connection.Single(sql, row => Tuple.Create(row.GetInt64(0), row.OptionalLong(1)), name) is ({ } stored, { } quota)
            && stored > quota)
        {
            throw new FishException(ErrorCode.QuotaExceeded, key,
                $"The write would exceed the quota: {stored} of {quota} bytes. Nothing was stored.", hint);
        }
    }
}
