using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>Verifies masks, trainer states and side files.</summary>
internal static class MaskItemCheck
{
    /// <summary>Throws if a mask is damaged.</summary>
    public static void Mask(ICatalogView view, VerifyItem item, VerifyContext context, bool quick, CancellationToken cancellationToken)
    {
        var frame = StoredParts.OpenWhole(view, item.Row, item.Bytes);
        var head = FrameHead.Parse(frame.Head);
        StoredParts.Require(head.Kind == FrameKind.Mask && head.Digests[1] == item.Id, item.Name, "The frame belongs to another mask.");
        var count = view.Masks.CountOf(item.Id);
        StoredParts.Require(head.Count == count, item.Name, $"The row has {count} positions, and the frame {head.Count}.");
        if (LayoutOf(view, item, context) is not { } layout)
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
            cancellationToken.ThrowIfCancellationRequested();
            decoder.ReadNext(positions.AsSpan(0, entry.Count));
        }

        decoder.RequireDigest();
    }

    /// <summary>Throws if a trainer state is damaged.</summary>
    public static void TrainerState(ICatalogView view, VerifyItem item, bool quick, CancellationToken cancellationToken)
    {
        var id = view.Checkpoints.TrainerFrameOf(item.Row);
        Plain(StoredParts.OpenWhole(view, id, item.Bytes), quick, cancellationToken);
    }

    /// <summary>Throws if a side file is damaged.</summary>
    public static void SideFile(ICatalogView view, VerifyItem item, long id, bool quick, CancellationToken cancellationToken)
    {
        var frame = StoredParts.OpenWhole(view, id, item.Bytes);
        StoredParts.Require(FrameHead.Parse(frame.Head).Digests[0] == item.Id, item.Name, "The frame belongs to another file.");
        Plain(frame, quick, cancellationToken);
    }

    private static void Plain(IFrame frame, bool quick, CancellationToken cancellationToken)
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
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static Layout? LayoutOf(ICatalogView view, VerifyItem item, VerifyContext context) =>
        view.Masks.TaskOf(item.Id) is { } task ? context.ContextOf(view, task)?.Layout.Layout : null;
}
