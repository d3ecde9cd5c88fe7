using FishCheckpoint.Checkpoints;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Loading;

namespace FishCheckpoint.Engine.Chains;

/// <summary>What tells two states of one layout apart, each a checkpoint or the base with some more deltas based on it.</summary>
/// <param name="from">The state that the difference is against.</param>
/// <param name="to">The other state.</param>
/// <remarks>What both chains have in common cannot make them differ: only blocks that another delta touches are rebuilt, and the common
/// part of each once.</remarks>
internal sealed class ChainDiff(OpenedState from, OpenedState to)
{
    private readonly int shared = from.Chain.Zip(to.Chain).TakeWhile(pair => pair.First.Id == pair.Second.Id).Count();

    /// <summary>Links that both chains begin with.</summary>
    public int Shared => shared;

    /// <summary>Opens the difference.</summary>
    /// <param name="laidOnFrom">Deltas based on the first state.</param>
    /// <param name="laidOnTo">Deltas based on the second.</param>
    /// <param name="only">The blocks to look at; <see langword="null"/> for all that can differ.</param>
    public StateDiff Open(IReadOnlyList<DeltaCursor> laidOnFrom, IReadOnlyList<DeltaCursor> laidOnTo, Func<int, long, bool>? only = null)
    {
        var prefix = new SharedPrefix(to.First(shared));
        return new StateDiff(
            prefix.With([.. from.Cursors.Skip(shared), .. laidOnFrom]), prefix.With([.. to.Cursors.Skip(shared), .. laidOnTo]),
            only ?? Touches(laidOnFrom, laidOnTo));
    }

    /// <summary>Whether a block can differ at all.</summary>
    public Func<int, long, bool> Touches(IReadOnlyList<DeltaCursor> laidOnFrom, IReadOnlyList<DeltaCursor> laidOnTo)
    {
        DeltaCursor[] differing = [.. from.Cursors.Skip(shared), .. laidOnFrom, .. to.Cursors.Skip(shared), .. laidOnTo];
        return (tensor, block) => Array.Exists(differing, delta => delta.Touches(tensor, block));
    }
}
