using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>Checks a mask's frame and row, a trainer state's and a side file's.</summary>
internal static class MaskItemCheck
{
    /// <summary>Throws what is wrong with a mask.</summary>
    public static void Mask(ICatalogView view, VerifyItem item, VerifyContext means, bool quick, CancellationToken cancellation)
    {
        var frame = StoredParts.OpenWhole(view, item.Row, item.Bytes);
        var head = FrameHead.Parse(frame.Head);
        StoredParts.Require(head.Kind == FrameKind.Mask && head.Digests[1] == item.Id, item.Name, "The frame is not that of this mask.");
        var count = view.Masks.CountOf(item.Id);
        StoredParts.Require(head.Count == count, item.Name, $"It is said to have {count} positions; its frame has {head.Count}.");
        if (LayoutOf(view, item, means) is not { } layout)
        {
            return;
        }

        if (quick)
        {
            ChunkIndex.ReadMask(frame, head, layout);
            return;
        }

        using var decoder = new MaskDecoder(frame, layout);
        var positions = new long[DeltaChunk.Capacity];
        while (decoder.Next is { } entry)
        {
            cancellation.ThrowIfCancellationRequested();
            decoder.ReadNext(positions.AsSpan(0, entry.Count));
        }

        decoder.RequireDigest();
    }

    /// <summary>Throws what is wrong with a trainer state.</summary>
    public static void State(ICatalogView view, VerifyItem item, bool quick, CancellationToken cancellation)
    {
        var id = view.Checkpoints.TrainerFrameOf(item.Row);
        Plain(StoredParts.OpenWhole(view, id, item.Bytes), quick, cancellation);
    }

    /// <summary>Throws what is wrong with a side file.</summary>
    public static void SideFile(ICatalogView view, VerifyItem item, long id, bool quick, CancellationToken cancellation)
    {
        var frame = StoredParts.OpenWhole(view, id, item.Bytes);
        StoredParts.Require(FrameHead.Parse(frame.Head).Digests[0] == item.Id, item.Name, "The frame is not that of this file.");
        Plain(frame, quick, cancellation);
    }

    private static void Plain(IFrame frame, bool quick, CancellationToken cancellation)
    {
        if (quick)
        {
            ChunkIndex.ReadBytes(frame, FrameHead.Parse(frame.Head));
            return;
        }

        using var content = BytesCoder.Open(frame, null);
        var buffer = new byte[ChunkIndex.BytesPerChunk];
        while (content.Read(buffer) > 0)
        {
            cancellation.ThrowIfCancellationRequested();
        }
    }

    private static Layout? LayoutOf(ICatalogView view, VerifyItem item, VerifyContext means) =>
        view.Masks.TaskOf(item.Id) is { } task ? means.ContextOf(view, task)?.Layout.Layout : null;
}
