using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>A state of a task, rebuilt block by block: the base's block (or zeros) with each delta of the chain applied in order.</summary>
internal sealed class StateReader : IBlockReader
{
    private readonly TaskLayout task;
    private readonly IBlockReader baseBlocks;
    private readonly IReadOnlyList<DeltaCursor> chain;

    /// <summary>Combines the parts of a state.</summary>
    /// <param name="task">The task layout.</param>
    /// <param name="baseBlocks">The base's blocks, verified when read.</param>
    /// <param name="chain">The deltas, starting next to the base.</param>
    public StateReader(TaskLayout task, IBlockReader baseBlocks, IReadOnlyList<DeltaCursor> chain)
    {
        (this.task, this.baseBlocks, this.chain) = (task, baseBlocks, chain);
    }

    /// <inheritdoc/>
    public Layout Layout => task.Layout;

    /// <inheritdoc/>
    public void ReadBlock(int tensor, long block, Span<byte> destination)
    {
        if (task.Sources[tensor] is var source and >= 0)
        {
            baseBlocks.ReadBlock(source, block, destination);
        }
        else
        {
            destination.Clear();
        }

        foreach (var delta in chain)
        {
            delta.Apply(tensor, block, destination);
        }
    }

    /// <summary>The same state with one more delta on top.</summary>
    public StateReader With(DeltaCursor delta) => new(task, baseBlocks, [.. chain, delta]);
}
