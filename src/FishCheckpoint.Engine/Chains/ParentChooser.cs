using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Chains;

/// <summary>
/// Chooses a new parent for a save whose chain would cost too much to read: the state of the chain, or the base, with the lowest price. The
/// size of a delta depends on how much the masks overlap, so a sample of blocks is encoded to estimate it.
/// </summary>
internal sealed class ParentChooser(
    ICatalogView view, TaskContext task, IBaseStore bases, ChainBound bound, CodecOptions codec, string temporaryFolder,
    CancellationToken cancellationToken)
{
    private const int SampledBlocks = 8;
    private const int MaxCandidates = 16;

    /// <summary>Chooses the parent and opens it.</summary>
    /// <param name="chain">The chain with the state that the save was based on.</param>
    /// <param name="last">The save's own delta.</param>
    /// <param name="delta">Bytes of the save's own delta.</param>
    public OpenedState Choose(OpenedState chain, DeltaCursor last, long delta)
    {
        var best = OpenedState.Open(view, bases, task, null);
        try
        {
            var price = PriceOf(best, chain, last, delta);
            foreach (var candidate in Candidates(chain, delta))
            {
                var state = OpenedState.Open(view, bases, task, candidate);
                var other = PriceOf(state, chain, last, delta);
                (var worse, best, price) = other < price ? (best, state, other) : (state, best, price);
                worse.Dispose();
            }

            return best;
        }
        catch
        {
            best.Dispose();
            throw;
        }
    }

    // Distances from the end that double, and each link with many bytes. Tombstones are left out: with fewer dependents they are removed
    // sooner.
    private static IEnumerable<CheckpointRow> Candidates(OpenedState chain, long delta)
    {
        var rows = chain.Chain;
        return rows.Where(
            (row, index) => !row.IsTombstone && (long.IsPow2(rows.Count - index) || chain.Links[index].FrameBytes > 2 * delta))
            .Reverse().Take(MaxCandidates);
    }

    private double PriceOf(OpenedState from, OpenedState chain, DeltaCursor last, long delta) =>
        from.End.Deltas > 0 && !bound.Fits(from.End, delta, delta)
            ? double.PositiveInfinity : bound.PriceOf(from.End, EstimateOf(from, new ChainDiff(from, chain), last), delta);

    private long EstimateOf(OpenedState from, ChainDiff diff, DeltaCursor last)
    {
        var layout = from.Reader.Layout;
        var blocks = BlocksOf(layout, diff.Touches([], [last]));
        var sample = blocks.Count <= SampledBlocks ? [.. blocks]
            : Enumerable.Range(0, SampledBlocks).Select(index => blocks[(int)((long)index * blocks.Count / SampledBlocks)]).ToHashSet();
        using var encoded = BlocksEncoder.TryEncode(
            diff.Open([], [last], (tensor, block) => sample.Contains((tensor, block))), from.Reader, from.Identity, codec, temporaryFolder,
            long.MaxValue, cancellationToken)!;
        return (long)(encoded.Length * (BytesOf(layout, blocks) / (double)Math.Max(1, BytesOf(layout, sample))));
    }

    private static List<(int Tensor, long Block)> BlocksOf(Layout layout, Func<int, long, bool> touched)
    {
        var blocks = new List<(int, long)>();
        for (var tensor = 0; tensor < layout.Tensors.Count; tensor++)
        {
            for (var block = 0L; block < Blocks.CountOf(layout.Tensors[tensor]); block++)
            {
                if (touched(tensor, block))
                {
                    blocks.Add((tensor, block));
                }
            }
        }

        return blocks;
    }

    private static long BytesOf(Layout layout, IEnumerable<(int Tensor, long Block)> blocks) =>
        blocks.Sum(at => (long)Blocks.LengthOf(layout.Tensors[at.Tensor], at.Block));
}
