using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Finds the deleted checkpoints that are still there for the sake of others.</summary>
internal sealed class TombstoneTable(CatalogConnection connection) : ITombstoneRows
{
    // One that a task starts from, or that can be brought back, is needed as if it were not deleted.
    private const string Gone =
        "(SELECT id FROM checkpoints WHERE deleted = 1 AND expires IS NULL AND NOT EXISTS (SELECT 1 FROM tasks "
            + "WHERE origin = checkpoints.id))";

    private const string Select = $"SELECT {CheckpointColumns.Columns} FROM {CheckpointColumns.From}";

    public IReadOnlyList<TombstoneGroup> Find(IReadOnlyCollection<long> going)
    {
        var gone = OfGone(going, list => $"{Select} WHERE c.id IN {list}", CheckpointColumns.Read).DistinctBy(row => row.Id)
            .ToDictionary(row => row.Id);
        var laid = OfGone(going, list => $"{Select} WHERE c.parent IN {list}", CheckpointColumns.Read)
            .Where(row => !gone.ContainsKey(row.Id)).DistinctBy(row => row.Id).ToArray();
        var groups = new Dictionary<long, (List<CheckpointRow> Hidden, List<CheckpointRow> Laid)>();
        foreach (var row in gone.Values)
        {
            GroupOf(groups, Top(gone, row)).Hidden.Add(row);
        }

        foreach (var row in laid)
        {
            GroupOf(groups, Top(gone, gone[row.Parent!.Value])).Laid.Add(row);
        }

        var users = UsersOfMasks(going, gone.Values);
        return [.. groups.OrderBy(group => group.Key).Select(group => Make(gone, group.Value.Hidden, group.Value.Laid, users))];
    }

    public IReadOnlyList<CheckpointRow> PredictedFrom() => connection.Query(
        $"{Select} WHERE c.id IN {Gone} AND EXISTS (SELECT 1 FROM checkpoints reader WHERE reader.reference = c.id) "
            + "ORDER BY c.step DESC, c.id DESC",
        CheckpointColumns.Read);

    public IReadOnlyList<string> NeededBy(long checkpoint) => connection.Query(
        "SELECT t.name || '/' || c.step FROM checkpoints c JOIN tasks t ON t.id = c.task WHERE (c.parent = $0 OR c.reference = $0) "
            + "AND c.deleted = 0 ORDER BY t.name, c.step",
        row => row.GetString(0), checkpoint);

    // What a query finds of the deleted ones, and then of those that are to be seen as such. Something may be found more than once.
    private IEnumerable<T> OfGone<T>(IReadOnlyCollection<long> going, Func<string, string> sql, Func<CatalogRow, T> read) =>
        CatalogConnection.In(going).Prepend((List: Gone, Arguments: []))
            .SelectMany(ids => connection.Query(sql(ids.List), read, ids.Arguments));

    private static (List<CheckpointRow> Hidden, List<CheckpointRow> Laid) GroupOf(
        Dictionary<long, (List<CheckpointRow> Hidden, List<CheckpointRow> Laid)> groups, long top)
    {
        if (!groups.TryGetValue(top, out var group))
        {
            groups.Add(top, group = ([], []));
        }

        return group;
    }

    // The deleted one nearest to the base of those that a deleted one is based on without a gap.
    private static long Top(Dictionary<long, CheckpointRow> gone, CheckpointRow row)
    {
        while (row.Parent is { } parent && gone.TryGetValue(parent, out var next))
        {
            row = next;
        }

        return row.Id;
    }

    private TombstoneGroup Make(Dictionary<long, CheckpointRow> gone, List<CheckpointRow> hidden, List<CheckpointRow> laid,
        Dictionary<Digest, MaskUse> users)
    {
        var top = gone[Top(gone, hidden[0])];
        var onto = top.Parent is { } parent ? connection.Rows.Checkpoints.Row(parent) : null;

        var held = MaskBytes(users, hidden, []);

        // What is rebased tells its positions itself: its mask goes too, unless others have it.
        var all = MaskBytes(users, [.. hidden, .. laid], laid);
        return new TombstoneGroup(hidden, [.. laid.Select(row => (row, onto))], hidden.Sum(row => row.FrameBytes) + held, all - held);
    }

    // Of masks of some checkpoints, those that no other one has: neither one that stays, but for those that are rebased.
    private static long MaskBytes(Dictionary<Digest, MaskUse> users, IReadOnlyList<CheckpointRow> rows,
        IReadOnlyList<CheckpointRow> rebased)
    {
        var released = rebased.Where(row => !row.IsBlocks).CountBy(row => row.Mask).ToDictionary();
        return rows.Where(row => !row.IsBlocks).Select(row => row.Mask).Distinct()
            .Sum(mask => users.TryGetValue(mask, out var use) && use.Staying == released.GetValueOrDefault(mask) ? use.Bytes : 0);
    }

    // Of each mask that has a frame and a reader: its bytes, and how many of its readers stay. All at once, for there may be very many
    // groups.
    private Dictionary<Digest, MaskUse> UsersOfMasks(IReadOnlyCollection<long> going, IEnumerable<CheckpointRow> gone)
    {
        var leaving = gone.Where(row => !row.IsBlocks).CountBy(row => row.Mask).ToDictionary();
        return OfGone(going,
            list => $"""
            SELECT c.mask, min(m.bytes), count(*) FROM checkpoints c JOIN masks m ON m.id = c.mask
            WHERE c.blocks = 0 AND c.mask IN (SELECT x.mask FROM checkpoints x WHERE x.id IN {list} OR x.parent IN {list}) GROUP BY c.mask
            """,
            row => (Mask: row.Digest(0), Bytes: row.GetInt64(1), Readers: row.GetInt64(2))).DistinctBy(use => use.Mask)
            .ToDictionary(use => use.Mask, use => new MaskUse(use.Bytes, use.Readers - leaving.GetValueOrDefault(use.Mask)));
    }

    private sealed record MaskUse(long Bytes, long Staying);
}
