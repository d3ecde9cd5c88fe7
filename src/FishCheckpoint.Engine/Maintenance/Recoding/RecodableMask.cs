using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Recoding;

/// <summary>A mask's frame.</summary>
/// <param name="id">The mask.</param>
/// <param name="frame">The frame's row.</param>
/// <param name="bytes">The frame's bytes.</param>
/// <param name="task">A task that uses it.</param>
internal sealed class RecodableMask(Digest id, long frame, long bytes, string task) : Recodable
{
    public override string Key => $"mask {id}";

    public override long Place => frame;

    public override long Bytes => bytes;

    protected override RecodedFrame Recode(ICatalogView view, RecodeContext context, CancellationToken cancellationToken)
    {
        var (layout, stored) = (context.Tasks.Context(view, task).Layout.Layout, view.Frames.Open(frame));
        var writer = new FrameWriter(FrameKind.Mask, context.TemporaryFolder);
        try
        {
            var made = MaskRecoder.Recode(stored, layout, context.Codec, writer, cancellationToken);
            var recoded = new RecodedFrame(stored, made, writer);
            if (recoded.IsSmaller)
            {
                recoded.Smaller = new NewFrame(recoded.Frame, ReadBack(made, layout, cancellationToken));
            }

            return recoded;
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    protected override bool Replace(ICatalogWriter writer, RecodedFrame recoded)
    {
        var head = writer.Masks.HeadOf(id, frame);
        if (head is null || !recoded.OldHead.Span.SequenceEqual(head))
        {
            return false;
        }

        if (recoded.Smaller is { } smaller)
        {
            writer.Masks.Replace(id, frame, smaller);
        }

        writer.Masks.SetEffort(id, CodecEffort.Small);
        return true;
    }

    private static ChunkEntry[] ReadBack(IFrame made, Layout layout, CancellationToken cancellationToken)
    {
        using var decoder = new MaskDecoder(made, layout);
        var positions = new long[Deltas.DeltaChunk.Capacity];
        while (decoder.Next is { } entry)
        {
            cancellationToken.ThrowIfCancellationRequested();
            decoder.ReadNext(positions.AsSpan(0, entry.Count));
        }

        decoder.RequireDigest();
        return [.. decoder.Entries];
    }
}
