using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Loading;

/// <summary>The frames of a stored checkpoint's delta.</summary>
/// <param name="Mask">The mask's frame; <see langword="null"/> for a frame of blocks.</param>
/// <param name="Values">The frames of the prediction chain, the checkpoint's own last; or the frame of blocks.</param>
internal sealed record StoredFrames(IFrame? Mask, IReadOnlyList<IFrame> Values)
{
    /// <summary>Bytes of all frames.</summary>
    public long Bytes => (Mask is null ? 0 : NewFrame.BytesOf(Mask)) + Values.Sum(NewFrame.BytesOf);

    /// <summary>Opens the frames of a checkpoint.</summary>
    /// <param name="view">The view to read through.</param>
    /// <param name="row">The checkpoint.</param>
    public static StoredFrames Open(ICatalogView view, CheckpointRow row) =>
        OpenAll(view, [view.Checkpoints.References(row)], few: true)[0];

    /// <summary>Opens the frames of a chain with one query.</summary>
    /// <param name="view">The view to read through.</param>
    /// <param name="chain">The prediction chain of each link.</param>
    /// <param name="few">Whether they are few and may cache bytes between reads.</param>
    public static IReadOnlyList<StoredFrames> OpenAll(ICatalogView view, IReadOnlyList<IReadOnlyList<CheckpointRow>> chain, bool few)
    {
        var frames = view.Frames.OpenAll(chain.SelectMany(link => link.Select(row => row.Frame).Concat(MaskOf(link))), few);
        return [.. chain.Select(link => new StoredFrames(
            MaskOf(link).Select(mask => frames[mask]).SingleOrDefault(), [.. link.Select(row => frames[row.Frame])]))];
    }

    private static IEnumerable<long> MaskOf(IReadOnlyList<CheckpointRow> link) => link[^1].MaskFrame is { } mask ? [mask] : [];
}
