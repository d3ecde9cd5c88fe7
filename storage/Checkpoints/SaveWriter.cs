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
    /// <returns>What was written; <see langword="null"/>: the step is taken.</returns>
    public static SavedRow? Write(
        CatalogConnection connection, TaskContext task, long step, PreparedSave save, PreparedState? state, PreparedSideFiles? sideFiles,
        SaveOptions options, CodecOptions codec, string? savedBy, DateTimeOffset now)
    {
        var found = SaveSituation.Find(
            connection, task.Name, task.Id, step, save.Delta.MaskId, save.Parent.Checkpoint?.Id, save.Guessing?.Reference);
        RequireParent(task, save, found);
        if (found.IsTaken)
        {
            return null;
        }

        var (brought, maskBytes) = save.Delta.IsBlocks ? (BringBlocks(connection, save), 0) : BringMask(connection, save, found, codec);
        var frame = FrameTable.Insert(connection, save.Delta.Values, save.ValueChunks);
        var size = FrameTable.SizeOf(save.Delta.Values);
        var values = size - (save.Delta.IsBlocks ? brought : 0);
        var logical = save.Output.Files.Sum(file => file.Header.FileLength);
        var id = connection.Insert(
            """
            INSERT INTO checkpoints (task, step, parent, depth, mask, frame, headers, state, changed, logical_bytes, brought_bytes, value_bytes,
              file_sha256, metrics, created, blocks, reference,
              reference_depth, effort, chain_bytes, elements, metadata, saved_by)
            VALUES ($0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
            """,
            task.Id, step, save.Parent.Checkpoint?.Id, found.ParentDepth + 1, save.Delta.MaskId, frame, BringHeaders(connection, task, save.Output),
            save.State, save.Delta.Changed, logical, brought, values, options.ExpectedFileDigest, SaveInfo.ToJson(options.Metrics), now,
            save.Delta.IsBlocks ? 1 : 0, save.Guessing?.Reference?.Id, DepthOf(save, found.ReferenceDepth), EffortOf(codec, save.MaskIsStored),
            found.ParentChainBytes + maskBytes + size + found.EarlierBytes, task.Layout.Layout.Elements, SaveInfo.ToJson(options.Metadata), savedBy);
        return new SavedRow(id, brought + values + (sideFiles?.Give(connection, id) ?? 0) + (state?.GiveNew(connection, id) ?? 0));
    }

    private static int EffortOf(CodecOptions codec, bool onAMask) => (int)codec.EffortOf(onAMask);

    private static long? DepthOf(PreparedSave save, long? before) => save.Guessing is null ? null : before + 1 ?? 0;

    // What the save was laid on, or guessed from, may have been deleted while it was encoded.
    private static void RequireParent(TaskContext task, PreparedSave save, SaveSituation found)
    {
        if (!found.ReferenceIsThere)
        {
            throw new ReferenceGoneException();
        }

        if (found.Task != task.Id || (save.Parent.Checkpoint is { } parent && found.ParentState != parent.State))
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

    // What it accounts for, and what its mask's frame takes.
    private static (long Brought, long Bytes) BringMask(CatalogConnection connection, PreparedSave save, SaveSituation found, CodecOptions codec)
    {
        if (found.MaskIsStored)
        {
            var mended = MendMask(connection, save, codec);
            var brought = found.MaskIsAccounted ? 0 : MaskAccounts.TakeOver(connection, save.Delta.MaskId, visible: true);
            return (brought, mended ? FrameTable.SizeOf(save.Delta.Mask!) : found.MaskBytes);
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
        return (bytes, bytes);
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
            row.Id, bytes, save.Guessing?.Reference?.Id, DepthOf(save, DepthOfReference(connection, save)), EffortOf(codec, save.MaskIsStored));
        ChainCost.FrameGrew(connection, row.Id, bytes - row.ValueBytes);
        return true;
    }

    private static long? DepthOfReference(CatalogConnection connection, PreparedSave save) =>
        connection.Scalar<long?>("SELECT reference_depth FROM checkpoints WHERE id = $0", save.Guessing?.Reference?.Id);

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
