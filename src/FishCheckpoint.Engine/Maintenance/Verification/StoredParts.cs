using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>Compares rows with the frames that they are of, without reading a frame's chunks.</summary>
internal static class StoredParts
{
    /// <summary>Opens a frame, and refuses one whose pieces do not follow each other or that has another size than its row says.</summary>
    public static IFrame OpenWhole(ICatalogView view, long id, long bytes)
    {
        var (frame, end) = (view.Frames.Open(id), 0L);
        foreach (var (position, length) in view.Frames.Pieces(id))
        {
            Require(position == end, $"frame {id}", $"A piece begins at {position}, where {end} is expected.");
            end += length;
        }

        Require(end == frame.PayloadLength, $"frame {id}", $"Its pieces have {end} bytes; {frame.PayloadLength} are expected.");
        Require(FrameSize.Of(frame) == bytes, $"frame {id}", $"It has {FrameSize.Of(frame)} bytes; {bytes} are accounted for.");
        return frame;
    }

    /// <summary>Compares a checkpoint's row with its frame, its parent and its files.</summary>
    public static void RequireRow(ICatalogView view, TaskContext? task, CheckpointRow row, IFrame frame)
    {
        var (label, head) = ($"{task?.Name}/{row.Step}", FrameHead.Parse(frame.Head));
        Require(head.Kind == (row.IsBlocks ? FrameKind.Blocks : FrameKind.Values), label, $"Its frame is one of kind {head.Kind}.");
        CheckpointVerifier.RequireOwn(label, row, head);
        Require(head.Count == row.Changed, label, $"It is said to change {row.Changed} positions; its frame has {head.Count}.");
        Require(row.IsBlocks || row.MaskFrame is not null, label, "Its mask has no frame.");
        _ = row.ToInfo(view, label);
        RequireParent(view, task, row, head, label);
        if (task is not null)
        {
            var logical = view.OutputOf(task, row).Files.Sum(file => file.Header.FileLength);
            Require(logical == row.LogicalBytes, label, $"Its files have {logical} bytes; {row.LogicalBytes} are accounted for.");
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
        Require(row.Parent is null || parent is not null, label, "Its parent is missing.");
        Require(row.Depth == (parent?.Item1 ?? 0) + 1, label, $"It has the depth {row.Depth}; its parent has {parent?.Item1 ?? 0}.");
        if ((parent?.Item2 ?? task?.BaseState) is { } state)
        {
            Require(state == head.Digests[2], label, "Its parent is not the state that it was laid on.");
        }
    }
}
