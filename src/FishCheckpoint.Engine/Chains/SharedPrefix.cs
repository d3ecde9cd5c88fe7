using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Chains;

/// <summary>
/// Two states, or more, that go on from one: each block of that one is rebuilt once for all of them, where they are read block by block
/// side by side. Not safe for use by two threads at once.
/// </summary>
/// <param name="shared">The state that they go on from.</param>
internal sealed class SharedPrefix(StateReader shared)
{
    private readonly byte[] bytes = new byte[Blocks.Size];
    private (int Tensor, long Block) held = (-1, -1);

    /// <summary>A state that goes on from it.</summary>
    /// <param name="rest">The deltas that follow, in order.</param>
    public IBlockReader With(IReadOnlyList<DeltaCursor> rest) => new Continued(this, rest);

    private void ReadBlock(int tensor, long block, Span<byte> destination)
    {
        if (held != (tensor, block))
        {
            held = (-1, -1);
            shared.ReadBlock(tensor, block, bytes.AsSpan(0, destination.Length));
            held = (tensor, block);
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
