using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>Applies a stored delta to blocks of its parent's state.</summary>
internal abstract class DeltaCursor
{
    private readonly string label;

    private protected DeltaCursor(string label) => this.label = label;

    /// <summary>Reads the indexes of a delta's frames.</summary>
    /// <param name="mask">The mask's frame; <see langword="null"/> if the values are in a frame of blocks.</param>
    /// <param name="values">The values' frame, preceded by the frames that it is predicted from; or the frame of blocks.</param>
    /// <param name="layout">The layout that positions refer to.</param>
    /// <param name="label">The checkpoint for error messages, such as <c>task/120</c>.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptCheckpoint"/>.</exception>
    public static DeltaCursor Open(IFrame? mask, IReadOnlyList<IFrame> values, Layout layout, string label) =>
        mask is null ? new BlockCursor(values[^1], layout, label) : new MaskedCursor(mask, values, layout, label);

    /// <summary>Whether the delta may change a block.</summary>
    public abstract bool Touches(int tensor, long block);

    /// <summary>Turns a block of the parent's state into the new state.</summary>
    /// <param name="tensor">Index of the tensor.</param>
    /// <param name="block">Block number.</param>
    /// <param name="state">The parent's bytes, patched in place.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptCheckpoint"/>.</exception>
    public abstract void Apply(int tensor, long block, Span<byte> state);

    private protected FishException Damaged(FishException error) => new(
        ErrorCode.CorruptCheckpoint, label, $"A stored frame is damaged: {error.Cause}",
        "Other checkpoints may be intact: run a verification.", error);
}
