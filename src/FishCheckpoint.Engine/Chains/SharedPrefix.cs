using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Chains;

/// <summary>
/// Several states with a common prefix, read block by block side by side: each block of the prefix is rebuilt once for all. For one thread
/// at a time.
/// </summary>
/// <param name="shared">The common prefix.</param>
internal sealed class SharedPrefix(StateReader shared)
{
    private readonly byte[] bytes = new byte[Blocks.Size];
    private (int Tensor, long Block) cached = (-1, -1);

    /// <summary>A state on top of the prefix.</summary>
    /// <param name="rest">The remaining deltas, in order.</param>
    public IBlockReader With(IReadOnlyList<DeltaCursor> rest) => new Continued(this, rest);

    private void ReadBlock(int tensor, long block, Span<byte> destination)
    {
        if (cached != (tensor, block))
        {
            cached = (-1, -1);
            shared.ReadBlock(tensor, block, bytes.AsSpan(0, destination.Length));
            cached = (tensor, block);
        }

        bytes.AsSpan(0, destination.Length).CopyTo(destination);
    }

    private sealed class Continued(SharedPrefix prefix, IReadOnlyList<DeltaCursor> rest) : IBlockReader
    {
        public Layout Layout => prefix.Layout;

        public void ReadBlock(int tensor, long block, Span<byte> destination)
        {
            prefix.ReadBlock(tensor, block, destination);
            foreach (var delta in rest)
            {
                delta.Apply(tensor, block, destination);
            }
        }
    }

    private Layout Layout => shared.Layout;
}
