using FishCheckpoint.Codec;
using FishCheckpoint.Storage.Catalog;

namespace FishCheckpoint.Storage.Checkpoints;

/// <summary>The frames that a stored checkpoint's delta is read from.</summary>
/// <param name="Mask">The mask's frame; <see langword="null"/> for a frame of blocks.</param>
/// <param name="Values">The values' frame, after those that it is guessed from; or the frame of blocks.</param>
internal sealed record StoredFrames(IFrame? Mask, IReadOnlyList<IFrame> Values)
{
    /// <summary>Bytes of all of them.</summary>
    public long Bytes => (Mask is null ? 0 : FrameTable.SizeOf(Mask)) + Values.Sum(FrameTable.SizeOf);

    /// <summary>Opens them.</summary>
    /// <param name="connection">What they are read through.</param>
    /// <param name="row">The checkpoint.</param>
    /// <param name="one">Whether it is one of few that are open.</param>
    public static StoredFrames Open(CatalogConnection connection, CheckpointRow row, bool one = true) => new(
        row.MaskFrame is { } mask ? FrameTable.Open(connection, mask, one) : null,
        [.. CheckpointTable.References(connection, row).Select(earlier => FrameTable.Open(connection, earlier.Frame, one))]);
}
