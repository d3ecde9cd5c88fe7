using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Finds tombstones: deleted checkpoints that others still need.</summary>
internal sealed class TombstoneTable(CatalogConnection connection) : ITombstoneRows
{
    // A checkpoint that is a branch point or in its grace counts as needed.
    private const string Deleted =
        """
        (SELECT id FROM checkpoints
          WHERE deleted = 1 AND expires IS NULL AND NOT EXISTS (SELECT 1 FROM tasks WHERE origin = checkpoints.id))
        """;

    private const string Select = $"SELECT {CheckpointColumns.Columns} FROM {CheckpointColumns.From}";

    public IReadOnlyList<TombstoneGroup> Find(IReadOnlyCollection<long> removable)
    {
        var found = QueryTombstones(removable, list => $"{Select} WHERE c.id IN {list}", CheckpointColumns.Read).DistinctBy(row => row.Id)
            .ToDictionary(row => row.Id);
        var dependents = QueryTombstones(removable, list => $"{Select} WHERE c.parent IN {list}", CheckpointColumns.Read)
            .Where(row => !found.ContainsKey(row.Id)).DistinctBy(row => row.Id).ToArray();
        var groups = new Dictionary<long, (List<CheckpointRow> Tombstones, List<CheckpointRow> Dependents)>();
        foreach (var row in found.Values)
        {
            GroupOf(groups, Top(found, row)).Tombstones.Add(row);
        }

        foreach (var row in dependents)
        {
            GroupOf(groups, Top(found, found[row.Parent!.Value])).Dependents.Add(row);
        }

        var users = UsersOfMasks(removable, found.Values);
        return [.. groups.OrderBy(group => group.Key).Select(group => Make(found, group.Value.Tombstones, group.Value.Dependents, users))];
    }

    public IReadOnlyList<CheckpointRow> PredictedFrom() => connection.Query(
        $"""
        {Select} WHERE c.id IN {Deleted} AND EXISTS (SELECT 1 FROM checkpoints reader WHERE reader.reference = c.id)
        ORDER BY c.step DESC, c.id DESC
        """,
        CheckpointColumns.Read);

    public IReadOnlyList<string> NeededBy(long checkpoint) => connection.Query(
        """
        SELECT t.name || '/' || c.step FROM checkpoints c JOIN tasks t ON t.id = c.task
        WHERE (c.parent = $0 OR c.reference = $0) AND c.deleted = 0 ORDER BY t.name, c.step
        """,
        row => row.GetString(0), checkpoint);

    // Queries the tombstones, then the given checkpoints. A row may appear more than once.
    private IEnumerable<T> QueryTombstones<T>(IReadOnlyCollection<long> removable, Func<string, string> sql, Func<CatalogRow, T> read) =>
        CatalogConnection.In(removable).Prepend((List: Deleted, Arguments: []))
            .SelectMany(ids => connection.Query(sql(ids.List), read, ids.Arguments));

    private static (List<CheckpointRow> Tombstones, List<CheckpointRow> Dependents) GroupOf(
        Dictionary<long, (List<CheckpointRow> Tombstones, List<CheckpointRow> Dependents)> groups, long top)
    {
        if (!groups.TryGetValue(top, out var group))
        {
            groups.Add(top, group = ([], []));
        }

        return group;
    }

    // The first tombstone of an unbroken chain of tombstones.
    private static long Top(Dictionary<long, CheckpointRow> found, CheckpointRow row)
    {
        while (row.Parent is { } parent && found.TryGetValue(parent, out var next))
        {
            row = next;
        }

        return row.Id;
    }

    private TombstoneGroup Make(Dictionary<long, CheckpointRow> found, List<CheckpointRow> tombstones, List<CheckpointRow> dependents,
        Dictionary<Digest, MaskUse> users)
    {
        var top = found[Top(found, tombstones[0])];
        var onto = top.Parent is { } parent ? connection.Rows.Checkpoints.Row(parent) : null;

        var kept = MaskBytes(users, tombstones, []);

        // A rebased checkpoint contains its own positions, so its old mask is freed unless others have it.
        var all = MaskBytes(users, [.. tombstones, .. dependents], dependents);
        return new TombstoneGroup(tombstones, [.. dependents.Select(row => (row, onto))], tombstones.Sum(row => row.FrameBytes) + kept,
            all - kept);
    }

    // Bytes of the masks that no other checkpoint has, apart from those that are rebased.
    private static long MaskBytes(Dictionary<Digest, MaskUse> users, IReadOnlyList<CheckpointRow> rows,
        IReadOnlyList<CheckpointRow> rebased)
    {
        var released = rebased.Where(row => !row.IsBlocks).CountBy(row => row.Mask).ToDictionary();
        return rows.Where(row => !row.IsBlocks).Select(row => row.Mask).Distinct()
            .Sum(mask => users.TryGetValue(mask, out var use) && use.Staying == released.GetValueOrDefault(mask) ? use.Bytes : 0);
    }

    // The bytes of each used mask, and how many of its readers stay. One query, because there may be many groups.
    private Dictionary<Digest, MaskUse> UsersOfMasks(IReadOnlyCollection<long> removable, IEnumerable<CheckpointRow> found)
    {
        var leaving = found.Where(row => !row.IsBlocks).CountBy(row => row.Mask).ToDictionary();
        return QueryTombstones(removable,
            list => $"""
            SELECT c.mask, min(m.bytes), count(*) FROM checkpoints c JOIN masks m ON m.id = c.mask
            WHERE c.blocks = 0 AND c.mask IN (SELECT x.mask FROM checkpoints x WHERE x.id IN {list} OR x.parent IN {list}) GROUP BY c.mask
            """,
            row => (Mask: row.Digest(0), Bytes: row.GetInt64(1), Readers: row.GetInt64(2))).DistinctBy(use => use.Mask)
            .ToDictionary(use => use.Mask, use => new MaskUse(use.Bytes, use.Readers - leaving.GetValueOrDefault(use.Mask)));
    }

    private sealed record MaskUse(long Bytes, long Staying);
}
