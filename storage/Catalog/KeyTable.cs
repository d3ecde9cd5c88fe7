using System.Text.Json;
using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>The rows of keys.</summary>
internal sealed class KeyTable(CatalogConnection connection) : IKeyChanges
{
    private const string Columns = "id, name, scope, tasks, created, expires, revoked, quota_bytes, stored_bytes";

    public KeyInfo Insert(KeySpec spec, string id, Digest hash, DateTimeOffset now)
    {
        if (connection.Scalar<long>("SELECT count(*) FROM keys WHERE name = $0 AND revoked IS NULL", spec.Name) > 0)
        {
            throw new FishException(ErrorCode.KeyTaken, spec.Name, "Another key has this name.",
                "Choose another name, or revoke that key first.");
        }

        connection.Execute(
            "INSERT INTO keys (id, name, hash, scope, tasks, created, expires, quota_bytes) VALUES ($0, $1, $2, $3, $4, $5, $6, $7)",
            id, spec.Name, hash, (int)spec.Scope, spec.Tasks is null ? null : JsonSerializer.Serialize(spec.Tasks, FishJson.Options), now,
            spec.Expires, spec.QuotaBytes);
        return ById(id)!;
    }

    public KeyInfo Revoke(string nameOrId, DateTimeOffset now)
    {
        var id = connection.Scalar<string?>("SELECT id FROM keys WHERE (name = $0 OR id = $0) AND revoked IS NULL ORDER BY id = $0 LIMIT 1",
            nameOrId)
            ?? throw new FishException(ErrorCode.KeyNotFound, nameOrId, "There is no such key, or it is already revoked.",
                "List the keys.");
        connection.Execute("UPDATE keys SET revoked = $1 WHERE id = $0", id, now);
        return ById(id)!;
    }

    public Page<KeyInfo> List(PageRequest page)
    {
        var rows = connection.Query(
            $"SELECT {Columns}, number FROM keys WHERE number > $0 ORDER BY number LIMIT $1", row =>
                (Key: Read(row), Number: row.GetInt64(9)),
            PageNumber.Of(page, 0), page.Limit + 1);
        return new Page<KeyInfo>([.. rows.Take(page.Limit).Select(row => row.Key)], rows.Count > page.Limit
            ? $"{rows[page.Limit - 1].Number}" : null);
    }

    public KeyInfo? ById(string id) => connection.Single($"SELECT {Columns} FROM keys WHERE id = $0", Read, id);

    public Tuple<KeyInfo, byte[]>? WithHash(string id) =>
        connection.Single($"SELECT {Columns}, hash FROM keys WHERE id = $0", row => Tuple.Create(Read(row), row.Bytes(9)), id);

    public bool Any() => connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM keys)") == 1;

    public bool AnyUsable(DateTimeOffset now) => connection.Scalar<long>(
        "SELECT EXISTS (SELECT 1 FROM keys WHERE revoked IS NULL AND (expires IS NULL OR expires > $0))", now) == 1;

    private static KeyInfo Read(CatalogRow row) => new(
        row.GetString(0), row.GetString(1), (KeyScope)row.GetInt32(2),
        row.OptionalText(3) is { } tasks ? JsonSerializer.Deserialize<string[]>(tasks, FishJson.Options) : null,
        row.Time(4), TimeOf(row, 5), TimeOf(row, 6), row.OptionalLong(7), row.GetInt64(8));

    private static DateTimeOffset? TimeOf(CatalogRow row, int column) => row.IsDBNull(column) ? null : row.Time(column);
}
