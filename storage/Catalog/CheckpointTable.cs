using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Queries the rows of checkpoints.</summary>
internal sealed partial class CheckpointTable(CatalogConnection connection) : ICheckpointChanges
{
    // The most metrics and metadata in one page: each checkpoint may have a mebibyte of them.
    private const long MaxPageText = 8 << 20;

    private const string Select = $"SELECT {CheckpointColumns.Columns} FROM {CheckpointColumns.From}";

    public CheckpointRow? Latest(long task) => connection.Single(
        $"{Select} WHERE c.task = $0 AND c.deleted = 0 ORDER BY c.step DESC LIMIT 1", CheckpointColumns.Read, task);

    public CheckpointRow? Tagged(long task, string tag) => connection.Single(
        $"{Select} JOIN tags t ON t.checkpoint = c.id WHERE t.task = $0 AND t.name = $1 AND c.deleted = 0", CheckpointColumns.Read, task,
        tag);

    public CheckpointRow? Best(long task, string metric, bool greatest)
    {
        var best = greatest ? "max" : "min";
        return connection.Single(
            $"""
            {Select} WHERE c.task = $0 AND c.deleted = 0 AND c.step = (
              SELECT step FROM metrics
              WHERE task = $0 AND name = $1 AND value = (SELECT {best}(value) FROM metrics WHERE task = $0 AND name = $1)
              ORDER BY step DESC LIMIT 1)
            """,
            CheckpointColumns.Read, task, metric);
    }

    public CheckpointRow? AtStep(long task, long step) =>
        connection.Single($"{Select} WHERE c.task = $0 AND c.step = $1 AND c.deleted = 0", CheckpointColumns.Read, task, step);

    public CheckpointRow? Before(long task, long step) => connection.Single(
        $"{Select} WHERE c.task = $0 AND c.step < $1 AND c.deleted = 0 ORDER BY c.step DESC LIMIT 1", CheckpointColumns.Read, task, step);

    public CheckpointRow? Pinned(long task) =>
        connection.Single($"{Select} WHERE c.task = $0 AND c.deleted = 0 AND c.pinned = 1 ORDER BY c.step LIMIT 1", CheckpointColumns.Read,
            task);

    public Page<CheckpointInfo> List(long task, string name, PageRequest page)
    {
        var after = page.After is null ? (page.Descending ? long.MaxValue : 0) : StepRef.ParseStep(page.After);
        var (side, order) = (page.Descending ? "<" : ">", page.Descending ? "DESC" : "");
        var where = $"c.task = $0 AND c.step {side}{(page.After is null ? "=" : "")} $1 AND c.deleted = 0 ORDER BY c.step {order} LIMIT $2";
        var texts = connection.Query(
            $"SELECT octet_length(metrics) + octet_length(metadata) FROM checkpoints c WHERE {where}", row => row.GetInt64(0), task, after,
            page.Limit + 1);
        var (count, left) = (0, MaxPageText);
        while (count < Math.Min(texts.Count, page.Limit) && (left -= texts[count]) >= 0)
        {
            count++;
        }

        count = Math.Max(count, Math.Min(texts.Count, 1));
        var more = texts.Count > count;
        var rows = connection.Query($"{Select} WHERE {where}", CheckpointColumns.Read, task, after, count);
        var tags = TagsOf(task, rows);
        var items = rows.Select(row => row.ToInfo(name, tags[row.Id])).ToArray();
        return new Page<CheckpointInfo>(items, more ? StepRef.At(items[^1].Step).ToString() : null);
    }

    public IReadOnlyList<CheckpointRow> Chain(CheckpointRow checkpoint) =>
        [.. ChainWithEarlier(checkpoint).Select(link => link[^1])];

    public IReadOnlyList<IReadOnlyList<CheckpointRow>> ChainWithEarlier(CheckpointRow checkpoint) =>
        [.. Earlier(
            """
            chain (id) AS (
              SELECT CAST($0 AS bigint) UNION SELECT parent FROM checkpoints JOIN chain USING (id) WHERE parent IS NOT NULL)
            """,
            "SELECT id, id, 0 FROM chain", checkpoint.Id).OrderBy(link => link[^1].Depth)];

    public IReadOnlyList<CheckpointRow> References(CheckpointRow checkpoint) =>
        checkpoint.Reference is null ? [checkpoint]
            : Earlier("none (id) AS (SELECT 0)", "SELECT CAST($0 AS bigint), CAST($0 AS bigint), 0", checkpoint.Id).Single();

    private IEnumerable<IReadOnlyList<CheckpointRow>> Earlier(string with, string begin, params ReadOnlySpan<object?> arguments) =>
        connection.Query(
        $"""
        WITH RECURSIVE {with}, earlier (link, at, before) AS ({begin}
          UNION ALL SELECT link, c.reference, before + 1 FROM earlier CROSS JOIN checkpoints c WHERE c.id = at AND c.reference IS NOT NULL)
        SELECT {CheckpointColumns.Columns}, link FROM earlier CROSS JOIN {CheckpointColumns.From} WHERE c.id = at ORDER BY link, before DESC
        """,
        row => (Row: CheckpointColumns.Read(row), Link: row.GetInt64(row.FieldCount - 1)), arguments)
        .GroupBy(found => found.Link, found => found.Row).Select(link => link.ToArray());

    public IReadOnlyList<CheckpointRow> Predictable(long task, long step, Digest mask) => Earlier("""
        found (id) AS (SELECT * FROM (SELECT id FROM checkpoints
          WHERE task = $0 AND step < $1 AND mask = $2 AND deleted = 0 AND reference_depth IS NOT NULL ORDER BY step DESC LIMIT 1) last)
        """,
        "SELECT id, id, 0 FROM found", task, step, mask).SingleOrDefault() ?? [];

    public IReadOnlyList<CheckpointRow> ReferenceOf(CheckpointRow checkpoint) =>
        checkpoint.Reference is { } id ? Earlier("none (id) AS (SELECT 0)", "SELECT CAST($0 AS bigint), CAST($0 AS bigint), 0", id)
            .SingleOrDefault() ?? [] : [];

    public IReadOnlyList<CheckpointRow> PredictedFrom(long checkpoint) =>
        connection.Query($"{Select} WHERE c.reference = $0 ORDER BY c.id", CheckpointColumns.Read, checkpoint);

    public CheckpointRow? Row(long id) => connection.Single($"{Select} WHERE c.id = $0", CheckpointColumns.Read, id);

    public long Count(long? task) =>
        connection.Scalar<long>("SELECT count(*) FROM checkpoints WHERE deleted = 0 AND (CAST($0 AS bigint) IS NULL OR task = $0)", task);

    public string? KeyOf(long id) => connection.Scalar<string?>(
        """
        SELECT coalesce(t.former_name, t.name) || '/' || c.step || CASE c.deleted WHEN 0 THEN '' ELSE ' (deleted)' END
        FROM checkpoints c JOIN tasks t ON t.id = c.task WHERE c.id = $0
        """,
        id);

    public long TrainerFrameOf(long id) =>
        connection.Scalar<long>("SELECT trainer_frame FROM checkpoints WHERE id = $0", id);

    public Tuple<int, Digest>? DepthAndState(long id) =>
        connection.Single("SELECT depth, state FROM checkpoints WHERE id = $0", row => Tuple.Create(row.GetInt32(0), row.Digest(1)), id);

    public long? LastPredictedFrom(long id) =>
        connection.Scalar<long?>("SELECT max(id) FROM checkpoints WHERE reference = $0", id);

    public long CountPredictedFrom(long id) =>
        connection.Scalar<long>("SELECT count(*) FROM checkpoints WHERE reference = $0", id);

    public byte[]? HeadOf(CheckpointRow row) => connection.Scalar<byte[]?>(
        """
        SELECT head FROM checkpoints c JOIN frames f ON f.id = c.frame
        WHERE c.id = $0 AND c.state = $1 AND c.frame = $2 AND c.reference IS NOT DISTINCT FROM $3
        """,
        row.Id, row.State, row.Frame, row.Reference);

    public byte[]? HeadOnParent(CheckpointRow row) => connection.Scalar<byte[]?>(
        """
        SELECT head FROM checkpoints c JOIN frames f ON f.id = c.frame
        WHERE c.id = $0 AND c.state = $1 AND c.frame = $2 AND c.reference IS NOT DISTINCT FROM $3 AND c.parent IS NOT DISTINCT FROM $4
          AND c.blocks = $5
        """,
        row.Id, row.State, row.Frame, row.Reference, row.Parent, row.IsBlocks ? 1 : 0);

    public long ValueBytesOf(long id) =>
        connection.Scalar<long>("SELECT value_bytes FROM checkpoints WHERE id = $0", id);

    public bool IsDeleted(long id) =>
        connection.Scalar<long>("SELECT deleted FROM checkpoints WHERE id = $0", id) != 0;

    public long BytesOf(IEnumerable<long> ids) => CatalogConnection.In(ids).Sum(batch => connection.Scalar<long>(
        $"SELECT coalesce(sum(brought_bytes + value_bytes + trainer_bytes), 0) FROM checkpoints WHERE id IN {batch.List}",
        batch.Arguments));

    public long BytesOfSteps(long task, IEnumerable<long> steps) => CatalogConnection.In(steps, task).Sum(batch => connection.Scalar<long>(
        $"""
        SELECT coalesce(sum(brought_bytes + value_bytes + trainer_bytes), 0) FROM checkpoints
        WHERE task = $0 AND deleted = 0 AND step IN {batch.List}
        """,
        batch.Arguments));

    public List<RetentionCandidate> RetentionCandidates(long task, string? monitor)
    {
        // A separate query, because the index is ordered by value instead of step.
        var values = monitor is null ? [] : connection.Query(
            "SELECT step, value FROM metrics WHERE task = $0 AND name = $1", row => (Step: row.GetInt64(0), Value: row.GetDouble(1)), task,
            monitor)
            .DistinctBy(metric => metric.Step).ToDictionary(metric => metric.Step, metric => metric.Value);
        return connection.Query(
            """
            SELECT c.step, c.created, c.pinned, (SELECT name FROM tags t WHERE t.checkpoint = c.id ORDER BY name LIMIT 1)
            FROM checkpoints c WHERE c.task = $0 AND c.deleted = 0
            """,
            row => new RetentionCandidate(
                row.GetInt64(0), values.TryGetValue(row.GetInt64(0), out var value) ? value : null, row.Time(1), row.OptionalText(3),
                row.GetInt64(2) != 0),
            task);
    }

    public long? ParentStepOfLatest(long task) => connection.Scalar<long?>(
        """
        SELECT p.step FROM checkpoints p WHERE p.task = $0 AND p.deleted = 0
          AND p.id = (SELECT parent FROM checkpoints WHERE task = $0 AND deleted = 0 ORDER BY step DESC LIMIT 1)
        """,
        task);

    public CheckpointRow? Unneeded(long id) => connection.Single(
        $"""
        {Select} WHERE c.id = $0 AND c.deleted = 1 AND c.expires IS NULL
          AND NOT EXISTS (SELECT 1 FROM checkpoints child WHERE child.parent = c.id OR child.reference = c.id)
          AND NOT EXISTS (SELECT 1 FROM tasks WHERE origin = c.id)
        """,
        CheckpointColumns.Read, id);

    // One query for the page instead of one per row.
    private ILookup<long, string> TagsOf(long task, IReadOnlyList<CheckpointRow> rows) => connection.Query(
        """
        SELECT t.checkpoint, t.name FROM checkpoints c CROSS JOIN tags t
        WHERE c.task = $0 AND c.deleted = 0 AND c.step BETWEEN $1 AND $2 AND t.checkpoint = c.id ORDER BY t.name
        """,
        row => (Checkpoint: row.GetInt64(0), Name: row.GetString(1)),
        task, rows.Select(row => row.Step).DefaultIfEmpty().Min(), rows.Select(row => row.Step).DefaultIfEmpty().Max())
        .ToLookup(tag => tag.Checkpoint, tag => tag.Name);

    public long Insert(NewCheckpoint made) => connection.Insert(
        """
        INSERT INTO checkpoints (task, step, parent, depth, mask, frame, headers, state, changed, logical_bytes, brought_bytes, value_bytes,
          file_sha256, metrics, created, blocks, reference, reference_depth, effort, chain_bytes, elements, metadata, saved_by)
        VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
        """,
        made.Task, made.Step, made.Parent, made.Depth, made.Mask, made.Frame, made.Headers, made.State, made.Changed, made.LogicalBytes,
        made.PositionBytes, made.ValueBytes, made.FileDigest, made.Metrics, made.Created, made.IsBlocks ? 1 : 0, made.Reference,
        made.ReferenceDepth, (int)made.Effort, made.ChainBytes, made.Elements, made.Metadata, made.SavedBy);

    public bool IsUnchanged(CheckpointRow row) => connection.Scalar<long>(
        """
        SELECT EXISTS (
          SELECT 1 FROM checkpoints WHERE id = $0 AND state = $1 AND mask = $2 AND blocks = 0 AND reference IS NOT DISTINCT FROM $3)
        """,
        row.Id, row.State, row.Mask, row.Reference) > 0;

    public long? ReferenceDepthOf(long? id) =>
        connection.Scalar<long?>("SELECT reference_depth FROM checkpoints WHERE id = $0", id);

    /// <summary>The visible checkpoints of a task.</summary>
    public IReadOnlyList<long> IdsOf(long task) =>
        connection.Query("SELECT id FROM checkpoints WHERE task = $0 AND deleted = 0", row => row.GetInt64(0), task);
}
