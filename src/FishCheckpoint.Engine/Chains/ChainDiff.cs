using FishCheckpoint.Checkpoints;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;

namespace FishCheckpoint.Engine.Chains;

/// <summary>
/// The difference between two states of one layout. Each state is a checkpoint or the base, optionally with more deltas on top.
/// </summary>
/// <param name="from">The first state.</param>
/// <param name="to">The second state.</param>
/// <remarks>The shared prefix of both chains is rebuilt once, and only blocks that another delta touches are compared.</remarks>
internal sealed class ChainDiff(OpenedState from, OpenedState to)
{
    private readonly int shared = from.Chain.Zip(to.Chain).TakeWhile(pair => pair.First.Id == pair.Second.Id).Count();

    /// <summary>The number of links that both chains share.</summary>
    public int Shared => shared;

    /// <summary>Opens a reader of the difference.</summary>
    /// <param name="onFrom">Deltas on top of the first state.</param>
    /// <param name="onTo">Deltas on top of the second state.</param>
    /// <param name="only">The blocks to compare; <see langword="null"/> for all that can differ.</param>
    public StateDiff Open(IReadOnlyList<DeltaCursor> onFrom, IReadOnlyList<DeltaCursor> onTo, Func<int, long, bool>? only = null)
    {
        var prefix = new SharedPrefix(to.First(shared));
        return new StateDiff(
            prefix.With([.. from.Cursors.Skip(shared), .. onFrom]), prefix.With([.. to.Cursors.Skip(shared), .. onTo]),
            only ?? Touches(onFrom, onTo));
    }

    /// <summary>A function that decides whether a block can differ.</summary>
    public Func<int, long, bool> Touches(IReadOnlyList<DeltaCursor> onFrom, IReadOnlyList<DeltaCursor> onTo)
    {
        DeltaCursor[] differing = [.. from.Cursors.Skip(shared), .. onFrom, .. to.Cursors.Skip(shared), .. onTo];
        return (tensor, block) => Array.Exists(differing, delta => delta.Touches(tensor, block));
    }
}
