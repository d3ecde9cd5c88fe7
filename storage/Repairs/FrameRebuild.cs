using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Repairs;

/// <summary>Rebuilds damaged frames from others with the same content.</summary>
internal static class FrameRebuild
{
    private const string Select = $"SELECT {CheckpointColumns.Columns} FROM {CheckpointColumns.From}";

    /// <summary>Copies the frame of another checkpoint with the same proof, and so with the same parent, positions and values.</summary>
    public static bool TryTwin(CatalogConnection connection, long checkpoint, IReadOnlySet<long> damaged)
    {
        if (connection.Single($"{Select} WHERE c.id = $0", CheckpointColumns.Read, checkpoint) is not { } row)
        {
            return false;
        }

        // A reference cannot be replaced by blocks or by values that need a parent.
        var isReference = connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM checkpoints WHERE reference = $0)", row.Id) != 0;
        var twin = connection.Query($"{Select} WHERE coalesce(c.proof, c.state) = $0 AND c.id <> $1", CheckpointColumns.Read, row.Proven,
            row.Id)
            .FirstOrDefault(other => !damaged.Contains(other.Id) && (!isReference || (!other.IsBlocks && other.ReferenceDepth is not null))
                && !DependsOn(connection, other, row));
        if (twin is null)
        {
            return false;
        }

        var frame = connection.Insert("INSERT INTO frames (head, payload) SELECT head, payload FROM frames WHERE id = $0", twin.Frame);
        connection.Execute("INSERT INTO pieces (frame, position, data) SELECT $1, position, data FROM pieces WHERE frame = $0", twin.Frame,
            frame);
        connection.Execute(
            """
            UPDATE checkpoints SET frame = $1, blocks = $2, value_bytes = $3, brought_bytes = $4, reference = $5, reference_depth = $6
            WHERE id = $0
            """,
            row.Id, frame, twin.IsBlocks ? 1 : 0, twin.ValueBytes, twin.IsBlocks ? twin.PositionBytes : 0, twin.Reference,
            twin.ReferenceDepth);
        return true;
    }

    /// <summary>Rebuilds a mask's frame from a frame of blocks with the same positions.</summary>
    public static bool TryMask(
        CatalogConnection connection, Digest mask, BaseFolder folder, TaskCatalog tasks, StoreOptions options, IReadOnlySet<long> damaged,
        CancellationToken cancellationToken)
    {
        foreach (var (row, name) in connection.Query(
            $"""
            SELECT {CheckpointColumns.Columns}, t.name FROM {CheckpointColumns.From} JOIN tasks t ON t.id = c.task
            WHERE c.mask = $0 AND c.blocks = 1
            """,
            row => (CheckpointColumns.Read(row), row.GetString(row.FieldCount - 1)), mask)
                .Where(found => !damaged.Contains(found.Item1.Id)))
        {
            try
            {
                var task = tasks.Context(connection.Rows, name);
                using var state = OpenedState.Open(connection.Rows, folder, task, row);
                using var stored = new StoredDeltaReader(StoredFrames.Open(connection.Rows, row), task.Layout.Layout, state.UpTo(row));
                using var made = DeltaEncoder.Encode(stored, null, default, options.Codec, options.TemporaryFolder, cancellationToken);
                if (made.MaskId == mask && connection.Scalar<long?>("SELECT frame FROM masks WHERE id = $0", mask) is { } frame)
                {
                    connection.Rows.Masks.Replace(
                        mask, frame, new NewFrame(made.Mask!, ChunkIndex.ReadMask(made.Mask!, made.MaskHead!, task.Layout.Layout)));
                    return true;
                }
            }
            catch (FishException error) when (error.Kind != ErrorKind.Unavailable)
            {
                // Try the next one.
            }
        }

        return false;
    }

    private static bool DependsOn(CatalogConnection connection, CheckpointRow other, CheckpointRow row) => connection.Scalar<long>(
        """
        WITH RECURSIVE needed (id) AS (SELECT $0
          UNION SELECT parent FROM checkpoints JOIN needed USING (id) WHERE parent IS NOT NULL
          UNION SELECT reference FROM checkpoints JOIN needed USING (id) WHERE reference IS NOT NULL)
        SELECT $1 IN needed
        """,
        other.Id, row.Id) != 0;
}
