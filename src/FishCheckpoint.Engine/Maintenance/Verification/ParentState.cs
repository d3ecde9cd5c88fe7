using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>The parent of frames, readable block by block, or one that fails if the parent cannot be opened.</summary>
internal sealed class ParentState(IBlockReader blocks, IDisposable? owner) : IDisposable
{
    public IBlockReader Blocks { get; } = blocks;

    public static ParentState Of(OpenedState state) => new(state.Reader, state);

    public static ParentState Damaged(Layout layout) => new(new NoBlocks(layout), null);

    public void Dispose() => owner?.Dispose();

    private sealed class NoBlocks(Layout layout) : IBlockReader
    {
        public Layout Layout { get; } = layout;

        public void ReadBlock(int tensor, long block, Span<byte> destination) => throw new FishException(
            ErrorCode.CorruptCheckpoint, "parent", "The parent is damaged.", "Verify the store, which lists the parent.");
    }
}
