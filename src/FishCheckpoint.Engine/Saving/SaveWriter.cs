using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Saving;

/// <summary>Writes a prepared save to the catalog, in the caller's transaction.</summary>
internal static class SaveWriter
{
    /// <summary>Writes the save unless the step is taken.</summary>
    /// <returns>The written row; <see langword="null"/> if the step is taken.</returns>
    public static SavedRow? Write(ICatalogWriter writer, SaveRequest request, PreparedSave save, EngineOptions options)
    {
        var (task, step, sent, codec) = (save.Parent.Task, request.Step, request.Options, options.Codec);
        var found = writer.Checkpoints.SituationOf(
            task.Name, task.Id, step, save.Delta.MaskId, save.Parent.Checkpoint?.Id, save.Prediction?.Reference);
        RequireParent(task, save, found);
        if (found.IsTaken)
        {
            return null;
        }

        var (positionBytes, maskBytes) = save.Delta.IsBlocks ? (WriteBlockMask(writer, save), 0) : WriteMask(writer, save, found, codec);
        var frame = writer.Frames.Insert(save.Values);
        var size = save.Values.Bytes;
        var values = size - (save.Delta.IsBlocks ? positionBytes : 0);
        var logical = save.Output.Files.Sum(file => file.Header.FileLength);
        var id = writer.Checkpoints.Insert(new NewCheckpoint(
            task.Id, step, save.Parent.Checkpoint?.Id, found.ParentDepth + 1, save.Delta.MaskId, frame,
            WriteHeaders(writer, task, save.Output), save.State,
            save.Delta.Changed, logical, positionBytes, values, sent.ExpectedFileDigest, SaveInfo.ToJson(sent.Metrics),
            options.Time.GetUtcNow(), save.Delta.IsBlocks,
            save.Prediction?.Reference?.Id, DepthOf(save, found.ReferenceDepth), codec.EffortOf(save.MaskIsStored),
            found.ParentChainBytes + maskBytes + size + found.EarlierBytes, task.Layout.Layout.Elements, SaveInfo.ToJson(sent.Metadata),
            options.Caller().KeyId));
        return new SavedRow(id, positionBytes + values + (save.SideFiles?.Attach(writer, id) ?? 0)
            + (save.TrainerState?.AttachNew(writer, id) ?? 0));
    }

    private static long? DepthOf(PreparedSave save, long? before) => save.Prediction is null ? null : before + 1 ?? 0;

    // The parent or the reference may have been deleted during encoding.
    private static void RequireParent(TaskContext task, PreparedSave save, SaveSituation found)
    {
        if (!found.ReferenceIsUnchanged)
        {
            throw new ReferenceGoneException();
        }

        if (found.Task != task.Id || (save.Parent.Checkpoint is { } parent && found.ParentState != parent.State))
        {
            throw new FishException(
                ErrorCode.CheckpointNotFound, $"{task.Name}/{save.Parent.Checkpoint?.Step}", "The parent was deleted during the save.",
                "Save again.");
        }
    }

    // The values depend on the reference's values and on those before: a rebase may have changed them.
    private static void RequireReference(ICatalogView view, PreparedSave save)
    {
        if (save.Prediction?.Reference is { } reference && !view.Checkpoints.IsUnchanged(reference))
        {
            throw new ReferenceGoneException();
        }
    }

    // The bytes that the checkpoint accounts for, and the bytes of the mask's frame.
    private static (long PositionBytes, long Bytes) WriteMask(ICatalogWriter writer, PreparedSave save, SaveSituation found,
        CodecOptions codec)
    {
        if (found.MaskIsStored)
        {
            var repaired = RepairMask(writer, save, codec);
            var positionBytes = found.MaskIsAccounted ? 0 : writer.Masks.ClaimBytes(save.Delta.MaskId, visible: true);
            return (positionBytes, repaired ? save.Mask!.Bytes : found.MaskBytes);
        }

        if (save.MaskIsStored)
        {
            // The frame was deleted with its last checkpoint.
            throw new ReferenceGoneException();
        }

        var (frame, bytes) = (writer.Frames.Insert(save.Mask!), save.Mask!.Bytes);
        writer.Masks.Insert(save.Delta.MaskId, frame, save.Delta.Changed, bytes, codec.EffortOf(onAMask: false));
        return (bytes, bytes);
    }

    // The positions are in the checkpoint's own frame, but the catalog still records the mask.
    private static long WriteBlockMask(ICatalogWriter writer, PreparedSave save)
    {
        writer.Masks.InsertWithoutFrame(save.Delta.MaskId, save.Delta.Changed);
        return save.Delta.PositionBytes;
    }

    /// <summary>Repairs damaged frames of a checkpoint with those of a repeated save.</summary>
    /// <returns>Whether anything was repaired.</returns>
    public static bool Repair(ICatalogWriter writer, CheckpointRow row, PreparedSave save, CodecOptions codec)
    {
        // A rebased frame has another parent than the new one.
        if (row.Proven != save.State || row.IsBlocks != save.Delta.IsBlocks)
        {
            return false;
        }

        var repaired = RepairMask(writer, save, codec);
        if (row.IsBlocks ? FrameCheck.IsSoundBlocks(writer, row.Frame, save.Parent.Reader.Layout)
            : FrameCheck.IsSoundValues(writer, row.Frame, save.Delta.Mask!, save.Parent.Reader.Layout))
        {
            return repaired;
        }

        RequireReference(writer, save);
        if (save.Prediction?.Reference?.Id != row.Reference)
        {
            throw new FishException(
                ErrorCode.CorruptCheckpoint, $"{row.Step}",
                "The values are damaged, and so is the checkpoint that they are predicted from. Other values would break later steps.",
                "Save the earlier steps with this mask again first; a verification lists them.");
        }

        writer.Frames.Replace(row.Frame, save.Values);
        var bytes = save.Values.Bytes - (row.IsBlocks ? row.PositionBytes : 0);
        var reference = save.Prediction?.Reference?.Id;
        writer.Checkpoints.SetValues(
            row.Id, bytes, reference, DepthOf(save, writer.Checkpoints.ReferenceDepthOf(reference)), codec.EffortOf(save.MaskIsStored));
        writer.Checkpoints.GrowChains(row.Id, bytes - row.ValueBytes);
        return true;
    }

    // Other values may be based on the damaged frame, so it is replaced in place.
    private static bool RepairMask(ICatalogWriter writer, PreparedSave save, CodecOptions codec)
    {
        if (save.MaskIsStored || save.Delta.IsBlocks || writer.Masks.FrameOf(save.Delta.MaskId) is not { } frame
            || FrameCheck.IsSoundMask(writer, frame, save.Parent.Reader.Layout))
        {
            return false;
        }

        writer.Masks.Replace(save.Delta.MaskId, frame, save.Mask!);
        writer.Masks.SetEffort(save.Delta.MaskId, codec.EffortOf(onAMask: false));
        return true;
    }

    private static Digest? WriteHeaders(ICatalogWriter writer, TaskContext task, ModelFiles output)
    {
        if (HeaderSet.Same(output, task.Layout.Files))
        {
            return null;
        }

        var data = HeaderSet.Write(output);
        var id = Digest.Of(data);
        writer.Headers.Insert(id, data);
        return id;
    }
}
