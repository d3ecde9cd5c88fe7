using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Maintenance.Recoding;

/// <summary>A stored frame that may be made smaller; its bytes are those that it takes: head and payload.</summary>
internal abstract class Recodable : RewriteItem
{
    private RecodedFrame? made;

    /// <summary>Whether the frame that was made is smaller; otherwise only the attempt is noted.</summary>
    public bool IsSmaller => made!.IsSmaller;

    /// <summary>Bytes that it takes once it is written.</summary>
    public long BytesAfter => IsSmaller ? FrameSize.Of(made!.Frame) : Bytes;

    // A frame is tried once: what is not smaller is written too, as tried.
    public override bool Prepare(ICatalogView view, RecodeContext context, CancellationToken cancellationToken)
    {
        made = Recode(view, context, cancellationToken);
        return true;
    }

    public override IEnumerable<NewFrame> NewFrames => made!.Smaller is { } smaller ? [smaller] : [];

    public override bool Write(ICatalogWriter writer) => Replace(writer, made!);

    public override void Dispose() => made?.Dispose();

    /// <summary>Encodes the frame again, and reads back what is smaller.</summary>
    protected abstract RecodedFrame Recode(ICatalogView view, RecodeContext means, CancellationToken cancellation);

    /// <summary>Puts a smaller frame in its place, and notes that this was tried.</summary>
    protected abstract bool Replace(ICatalogWriter writer, RecodedFrame recoded);
}
