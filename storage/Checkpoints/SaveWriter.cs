using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Frames;
using FishCheckpoint.Storage.Tasks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Checkpoints;

/// <summary>Puts a prepared save into the database: all of it, in the caller's transaction.</summary>
internal static class SaveWriter
{
    /// <summary>Writes the save, unless the step is taken.</summary>
    /// <returns>Whether it was written.</returns>
    public static bool Write(
        CatalogConnection connection, TaskContext task, long step, PreparedSave save, PreparedState? state, PreparedSideFiles? sideFiles,
        SaveOptions options, CodecOptions codec, DateTimeOffset now)
    {
        RequireParent(connection, task, save);
        if (CheckpointTable.AtStep(connection, task.Id, step) is not null)
        {
            return false;
        }

        var brought = save.Delta.IsBlocks ? BringBlocks(connection, save) : BringMask(connection, save, codec);
        var frame = FrameTable.Insert(connection, save.Delta.Values, save.ValueChunks);
        var values = FrameTable.SizeOf(save.Delta.Values) - (save.Delta.IsBlocks ? brought : 0);
        var logical = save.Output.Files.Sum(file => file.Header.FileLength);
        connection.Execute(
            """
            INSERT INTO checkpoints (task, step, parent, depth, mask, frame, headers, state, changed, logical_bytes, brought_bytes, value_bytes,
              file_sha256, metrics, created, blocks, reference,
              reference_depth, effort, chain_bytes, elements, metadata)
            VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
            """,
            task.Id, step, save.Parent.Checkpoint?.Id, DeltasOf(connection, save), save.Delta.MaskId, frame, BringHeaders(connection, task, save.Output),
            save.State, save.Delta.Changed, logical, brought, values, options.ExpectedFileDigest, SaveInfo.ToJson(options.Metrics), now,
            save.Delta.IsBlocks ? 1 : 0, save.Guessing?.Reference?.Id, DepthOf(connection, save), EffortOf(codec, save.MaskIsStored), ChainBytesOf(connection, save),
            task.Layout.Layout.Elements, SaveInfo.ToJson(options.Metadata));
        var row = CheckpointTable.Find(connection, task, StepRef.At(step));
        sideFiles?.Give(connection, row.Id);
        state?.Give(connection, task.Name, row);
        return true;
    }

    private static int EffortOf(CodecOptions codec, bool onAMask) => (int)codec.EffortOf(onAMask);

    // What the parent's chain has may have become less since the save was encoded.
    private static long ChainBytesOf(CatalogConnection connection, PreparedSave save) => connection.Scalar<long>(
        "SELECT (SELECT coalesce(sum(chain_bytes), 0) FROM checkpoints WHERE id = $0) + (SELECT bytes FROM masks WHERE id = $1 AND $2 = 0 UNION ALL SELECT 0 LIMIT 1)",
        save.Parent.Checkpoint?.Id, save.Delta.MaskId, save.Delta.IsBlocks ? 1 : 0) + FrameTable.SizeOf(save.Delta.Values)
        + EarlierBytesOf(connection, save);

    private static long EarlierBytesOf(CatalogConnection connection, PreparedSave save) => connection.Scalar<long>(
        """
        WITH RECURSIVE earlier (id) AS (SELECT $0 UNION ALL SELECT c.reference FROM earlier CROSS JOIN checkpoints c ON c.id = earlier.id WHERE c.reference IS NOT NULL)
        SELECT coalesce(sum(value_bytes), 0) FROM checkpoints WHERE id IN earlier
        """,
        save.Guessing?.Reference?.Id);

    private static long DeltasOf(CatalogConnection connection, PreparedSave save) =>
        connection.Scalar<long>("SELECT coalesce(sum(depth), 0) + 1 FROM checkpoints WHERE id = $0", save.Parent.Checkpoint?.Id);

    private static long? DepthOf(CatalogConnection connection, PreparedSave save) => save.Guessing is null ? null
        : connection.Scalar<long>("SELECT coalesce(sum(reference_depth + 1), 0) FROM checkpoints WHERE id = $0", save.Guessing.Reference?.Id);

    // What the save was laid on, or guessed from, may have been deleted while it was encoded.
    private static void RequireParent(CatalogConnection connection, TaskContext task, PreparedSave save)
    {
        RequireReference(connection, save);
        if (TaskTable.IdOf(connection, task.Name) != task.Id
            || (save.Parent.Checkpoint is { } parent && CheckpointTable.Row(connection, parent.Id)?.State != parent.State))
        {
            throw new FishException(
                ErrorCode.CheckpointNotFound, $"{task.Name}/{save.Parent.Checkpoint?.Step}", "The parent was deleted during the save.", "Save again.");
        }
    }

    // Its values, and those before them, are what these are guessed from: folding may have laid it anew, or freed it from them.
    private static void RequireReference(CatalogConnection connection, PreparedSave save)
    {
        if (save.Guessing?.Reference is { } reference
            && connection.Scalar<long>(
                "SELECT EXISTS (SELECT 1 FROM checkpoints WHERE id = $0 AND state = $1 AND mask = $2 AND blocks = 0 AND reference IS $3)",
                reference.Id, reference.State, reference.Mask, reference.Reference) == 0)
        {
            throw new ReferenceGoneException();
        }
    }

    private static long BringMask(CatalogConnection connection, PreparedSave save, CodecOptions codec)
    {
        if (connection.Scalar<long>("SELECT EXISTS (SELECT 1 FROM masks WHERE id = $0 AND frame IS NOT NULL)", save.Delta.MaskId) > 0)
        {
            MendMask(connection, save, codec);
            return MaskAccounts.TakeOver(connection, save.Delta.MaskId, visible: true);
        }

        if (save.MaskIsStored)
        {
            // It was, and went with the last checkpoint that had it.
            throw new ReferenceGoneException();
        }

        var (frame, bytes) = (FrameTable.Insert(connection, save.Delta.Mask!, save.MaskChunks), FrameTable.SizeOf(save.Delta.Mask!));
        connection.Execute(
            "INSERT INTO masks (id, frame, count, bytes, effort) VALUES ($0, $1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET frame = $1, bytes = $3, effort = $4",
            save.Delta.MaskId, frame, save.Delta.Changed, bytes, EffortOf(codec, onAMask: false));
        return bytes;
    }

    // Its positions are in the checkpoint's own frame; that there is such a mask is known all the same.
    private static long BringBlocks(CatalogConnection connection, PreparedSave save)
    {
        connection.Execute(
            "INSERT INTO masks (id, frame, count, bytes) VALUES ($0, NULL, $1, 0) ON CONFLICT DO NOTHING", save.Delta.MaskId, save.Delta.Changed);
        return save.Delta.PositionBytes;
    }

    /// <summary>Mends what is damaged of a checkpoint that was saved again, with the same frames.</summary>
    /// <returns>Whether something was.</returns>
    public static bool Mend(CatalogConnection connection, CheckpointRow row, PreparedSave save, CodecOptions codec)
    {
        // Frames that were laid anew since are on another state than these.
        if (row.Proven != save.State || row.IsBlocks != save.Delta.IsBlocks)
        {
            return false;
        }

        var mended = MendMask(connection, save, codec);
        if (row.IsBlocks ? FrameMender.IsSoundBlocks(connection, row.Frame, save.Parent.Reader.Layout)
            : FrameMender.IsSoundValues(connection, row.Frame, save.Delta.Mask!, save.Parent.Reader.Layout))
        {
            return mended;
        }

        RequireReference(connection, save);
        if (save.Guessing?.Reference?.Id != row.Reference)
        {
            throw new FishException(
                ErrorCode.CorruptCheckpoint, $"{row.Step}", "Its values are damaged, and so are those that they are guessed from; with others, later steps could not be read.",
                "Save the earlier steps with this mask again first; a verification names them.");
        }

        FrameTable.Replace(connection, row.Frame, save.Delta.Values, save.ValueChunks);
        var bytes = FrameTable.SizeOf(save.Delta.Values) - (row.IsBlocks ? row.BroughtBytes : 0);
        connection.Execute(
            "UPDATE checkpoints SET value_bytes = $1, reference = $2, reference_depth = $3, effort = $4 WHERE id = $0",
            row.Id, bytes, save.Guessing?.Reference?.Id, DepthOf(connection, save), EffortOf(codec, save.MaskIsStored));
        ChainCost.FrameGrew(connection, row.Id, bytes - row.ValueBytes);
        return true;
    }

    // Others may lie on the damaged frame: it is mended in its place.
    private static bool MendMask(CatalogConnection connection, PreparedSave save, CodecOptions codec)
    {
        if (save.MaskIsStored || save.Delta.IsBlocks || connection.Scalar<long?>("SELECT frame FROM masks WHERE id = $0", save.Delta.MaskId) is not { } frame
            || FrameMender.IsSoundMask(connection, frame, save.Parent.Reader.Layout))
        {
            return false;
        }

        MaskTable.Replace(connection, save.Delta.MaskId, frame, save.Delta.Mask!, save.MaskChunks);
        connection.Execute("UPDATE masks SET effort = $1 WHERE id = $0", save.Delta.MaskId, EffortOf(codec, onAMask: false));
        return true;
    }

    private static Digest? BringHeaders(CatalogConnection connection, TaskContext task, ModelFiles output)
    {
        if (HeaderSet.Same(output, task.Layout.Files))
        {
            return null;
        }

        var data = HeaderSet.Write(output);
        var id = Digest.Of(data);
        connection.Execute("INSERT INTO headers (id, data) VALUES ($0, $1) ON CONFLICT DO NOTHING", id, data);
        return id;
    }
}
