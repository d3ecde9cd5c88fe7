using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Maintenance.Recoding;

/// <summary>A stored frame that may become smaller. Its bytes are those of head and payload.</summary>
internal abstract class Recodable : RewriteItem
{
    private RecodedFrame? made;

    /// <summary>Whether the new frame is smaller; otherwise only the attempt is recorded.</summary>
    public bool IsSmaller => made!.IsSmaller;

    /// <summary>Bytes after the write.</summary>
    public long BytesAfter => IsSmaller ? NewFrame.BytesOf(made!.Frame) : Bytes;

    // Each frame is tried once, so a frame that does not shrink is recorded too.
    public override bool Prepare(ICatalogView view, RecodeContext context, CancellationToken cancellationToken)
    {
        made = Recode(view, context, cancellationToken);
        return true;
    }

    public override IEnumerable<NewFrame> NewFrames => made!.Smaller is { } smaller ? [smaller] : [];

    public override bool Write(ICatalogWriter writer) => Replace(writer, made!);

    public override void Dispose() => made?.Dispose();

    /// <summary>Encodes the frame again, and reads it back if it is smaller.</summary>
    protected abstract RecodedFrame Recode(ICatalogView view, RecodeContext context, CancellationToken cancellationToken);

    /// <summary>Replaces the frame if the new one is smaller, and records the attempt.</summary>
    protected abstract bool Replace(ICatalogWriter writer, RecodedFrame recoded);
}
