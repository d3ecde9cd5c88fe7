using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Loading;

/// <summary>The frames that a stored checkpoint's delta is read from.</summary>
/// <param name="Mask">The mask's frame; <see langword="null"/> for a frame of blocks.</param>
/// <param name="Values">The values' frame, after those that it is predicted from; or the frame of blocks.</param>
internal sealed record StoredFrames(IFrame? Mask, IReadOnlyList<IFrame> Values)
{
    /// <summary>Bytes of all of them.</summary>
    public long Bytes => (Mask is null ? 0 : FrameSize.Of(Mask)) + Values.Sum(FrameSize.Of);

    /// <summary>Opens them.</summary>
    /// <param name="view">What they are read through.</param>
    /// <param name="row">The checkpoint.</param>
    public static StoredFrames Open(ICatalogView view, CheckpointRow row) =>
        OpenAll(view, [view.Checkpoints.References(row)], few: true)[0];

    /// <summary>Opens those of a chain, by one query.</summary>
    /// <param name="view">What they are read through.</param>
    /// <param name="chain">Of each link, the checkpoints that its values are predicted from, the first first, and itself.</param>
    /// <param name="few">Whether they are few, and may hold bytes between two reads.</param>
    public static IReadOnlyList<StoredFrames> OpenAll(ICatalogView view, IReadOnlyList<IReadOnlyList<CheckpointRow>> chain, bool few)
    {
        var frames = view.Frames.OpenAll(chain.SelectMany(link => link.Select(row => row.Frame).Concat(MaskOf(link))), few);
        return [.. chain.Select(link => new StoredFrames(
            MaskOf(link).Select(mask => frames[mask]).SingleOrDefault(), [.. link.Select(row => frames[row.Frame])]))];
    }

    private static IEnumerable<long> MaskOf(IReadOnlyList<CheckpointRow> link) => link[^1].MaskFrame is { } mask ? [mask] : [];
}
