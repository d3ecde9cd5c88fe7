using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>Compares rows with their frames, without reading chunks.</summary>
internal static class StoredParts
{
    /// <summary>Opens a frame. Throws if its pieces are not contiguous or its size differs from the row's.</summary>
    public static IFrame OpenWhole(ICatalogView view, long id, long bytes)
    {
        var (frame, end) = (view.Frames.Open(id), 0L);
        foreach (var (position, length) in view.Frames.Pieces(id))
        {
            Require(position == end, $"frame {id}", $"A piece starts at {position} instead of {end}.");
            end += length;
        }

        Require(end == frame.PayloadLength, $"frame {id}", $"The pieces have {end} bytes instead of {frame.PayloadLength}.");
        Require(NewFrame.BytesOf(frame) == bytes, $"frame {id}", $"The frame has {NewFrame.BytesOf(frame)} bytes, and the row {bytes}.");
        return frame;
    }

    /// <summary>Compares a checkpoint's row with its frame, its parent and its files.</summary>
    public static void RequireRow(ICatalogView view, TaskContext? task, CheckpointRow row, IFrame frame)
    {
        var (label, head) = ($"{task?.Name}/{row.Step}", FrameHead.Parse(frame.Head));
        Require(head.Kind == (row.IsBlocks ? FrameKind.Blocks : FrameKind.Values), label, $"The frame has the kind {head.Kind}.");
        CheckpointVerifier.RequireOwn(label, row, head);
        Require(head.Count == row.Changed, label, $"The row has {row.Changed} positions, and the frame {head.Count}.");
        Require(row.IsBlocks || row.MaskFrame is not null, label, "The mask has no frame.");
        _ = row.ToInfo(view, label);
        RequireParent(view, task, row, head, label);
        if (task is not null)
        {
            var logical = view.OutputOf(task, row).Files.Sum(file => file.Header.FileLength);
            Require(logical == row.LogicalBytes, label, $"The files have {logical} bytes, and the row {row.LogicalBytes}.");
        }
    }

    public static void Require(bool sound, string key, string cause)
    {
        if (!sound)
        {
            throw new FishException(ErrorCode.CorruptStore, key, cause, "Repair the store, or restore from a backup.");
        }
    }

    private static void RequireParent(ICatalogView view, TaskContext? task, CheckpointRow row, FrameHead head, string label)
    {
        var parent = row.Parent is { } id ? view.Checkpoints.DepthAndState(id) : null;
        Require(row.Parent is null || parent is not null, label, "The parent is missing.");
        Require(row.Depth == (parent?.Item1 ?? 0) + 1, label, $"The depth is {row.Depth}, and the parent's {parent?.Item1 ?? 0}.");
        if ((parent?.Item2 ?? task?.BaseState) is { } state)
        {
            Require(state == head.Digests[2], label, "The parent has another state than the frame.");
        }
    }
}
