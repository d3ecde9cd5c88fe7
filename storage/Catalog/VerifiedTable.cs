using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Records when items were verified and which damage was found, in the caller's transaction.</summary>
internal sealed partial class VerifiedTable(CatalogConnection connection) : IVerificationChanges
{
    public void Mark(VerifyItem item, IReadOnlyList<Finding> findings, bool quick, DateTimeOffset now)
    {
        connection.Execute(
            """
            INSERT INTO verified (item, stamp, quick, "full") VALUES ($0, $1, $2, $3)
            ON CONFLICT (item) DO UPDATE SET stamp = $1, quick = $2,
              "full" = CASE WHEN $3 IS NOT NULL THEN $3 WHEN verified.stamp = $1 THEN verified."full" END
            """,
            item.Name, item.Stamp, now, quick ? null : now);
        foreach (var finding in findings)
        {
            connection.Execute(
                """
                INSERT INTO damage (item, key, problem, "full", found, seen) VALUES ($0, $1, $2, $3, $4, $4)
                ON CONFLICT (item, key) DO UPDATE SET problem = $2, "full" = $3, seen = $4,
                  found = CASE WHEN damage.gone IS NULL THEN damage.found ELSE $4 END, gone = NULL
                """,
                finding.Item, finding.Key, finding.Problem, quick ? 0 : 1, now);
        }

        connection.Execute("UPDATE damage SET gone = $1 WHERE item = $0 AND gone IS NULL AND seen < $1 AND \"full\" <= $2", item.Name, now,
            quick ? 0 : 1);
    }

    public void Sweep(bool quick, DateTimeOffset started, DateTimeOffset now)
    {
        connection.Execute("DELETE FROM verified WHERE coalesce(quick, 0) < $0 AND coalesce(\"full\", 0) < $0", started);
        connection.Execute("UPDATE damage SET gone = $1 WHERE gone IS NULL AND seen < $0 AND \"full\" <= $2", started, now, quick ? 0 : 1);
    }

    public DateTimeOffset? Last() =>
        connection.Scalar<long?>("SELECT max(\"full\") FROM verified") is { } last ? DateTimeOffset.FromUnixTimeMilliseconds(last) : null;

    public List<KnownDamage> Damage() => connection.Query(
        "SELECT key, problem, found, seen FROM damage WHERE gone IS NULL ORDER BY key",
        row => new KnownDamage(row.GetString(0), row.GetString(1), row.Time(2), row.Time(3)));
}
