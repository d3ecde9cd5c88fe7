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
        var id = CheckpointTable.Insert(connection, new NewCheckpoint(
            task.Id, step, save.Parent.Checkpoint?.Id, found.ParentDepth + 1, save.Delta.MaskId, frame, BringHeaders(connection, task, save.Output), save.State,
            save.Delta.Changed, logical, brought, values, options.ExpectedFileDigest, SaveInfo.ToJson(options.Metrics), now, save.Delta.IsBlocks,
            save.Guessing?.Reference?.Id, DepthOf(save, found.ReferenceDepth), codec.EffortOf(save.MaskIsStored),
            found.ParentChainBytes + maskBytes + size + found.EarlierBytes, task.Layout.Layout.Elements, SaveInfo.ToJson(options.Metadata), savedBy));
        return new SavedRow(id, brought + values + (sideFiles?.Give(connection, id) ?? 0) + (state?.GiveNew(connection, id) ?? 0));
    }

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
        if (save.Guessing?.Reference is { } reference && !CheckpointTable.IsAsItWas(connection, reference))
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
        MaskTable.Insert(connection, save.Delta.MaskId, frame, save.Delta.Changed, bytes, codec.EffortOf(onAMask: false));
        return (bytes, bytes);
    }

    // Its positions are in the checkpoint's own frame; that there is such a mask is known all the same.
    private static long BringBlocks(CatalogConnection connection, PreparedSave save)
    {
        MaskTable.InsertWithoutFrame(connection, save.Delta.MaskId, save.Delta.Changed);
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
        if (row.IsBlocks ? FrameCheck.IsSoundBlocks(connection, row.Frame, save.Parent.Reader.Layout)
            : FrameCheck.IsSoundValues(connection, row.Frame, save.Delta.Mask!, save.Parent.Reader.Layout))
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
        var reference = save.Guessing?.Reference?.Id;
        CheckpointUpdates.SetValues(
            connection, row.Id, bytes, reference, DepthOf(save, CheckpointTable.ReferenceDepthOf(connection, reference)), codec.EffortOf(save.MaskIsStored));
        ChainCost.FrameGrew(connection, row.Id, bytes - row.ValueBytes);
        return true;
    }

    // Others may lie on the damaged frame: it is mended in its place.
    private static bool MendMask(CatalogConnection connection, PreparedSave save, CodecOptions codec)
    {
        if (save.MaskIsStored || save.Delta.IsBlocks || MaskTable.FrameOf(connection, save.Delta.MaskId) is not { } frame
            || FrameCheck.IsSoundMask(connection, frame, save.Parent.Reader.Layout))
        {
            return false;
        }

        MaskTable.Replace(connection, save.Delta.MaskId, frame, save.Delta.Mask!, save.MaskChunks);
        MaskTable.SetEffort(connection, save.Delta.MaskId, codec.EffortOf(onAMask: false));
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
        HeaderTable.Insert(connection, id, data);
        return id;
    }
}
