using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Chains;

/// <summary>
/// Chooses what a save is based on whose chain would cost too much to read: the state of the chain, or the base, from which it is cheapest
/// to go on. How many bytes the delta from there takes depends on how far masks overlap, which no count tells: a few blocks are encoded to
/// see.
/// </summary>
internal sealed class ParentChooser(
    ICatalogView view, TaskContext task, IBaseStore bases, ChainBound bound, CodecOptions codec, string temporaryFolder,
    CancellationToken cancellation)
{
    private const int SampledBlocks = 8;
    private const int MaxCandidates = 16;

    /// <summary>Chooses, and opens what is chosen.</summary>
    /// <param name="chain">The state that the save was based on, with its chain.</param>
    /// <param name="last">The save's own delta.</param>
    /// <param name="delta">Bytes that it takes.</param>
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

    // The end of the chain in steps that double, and every link that says much at once. What was deleted goes the sooner the less is based
    // on it.
    private static IEnumerable<CheckpointRow> Candidates(OpenedState chain, long delta)
    {
        var rows = chain.Chain;
        return rows.Where(
            (row, index) => !row.IsTombstone && (long.IsPow2(rows.Count - index) || chain.Links[index].FrameBytes > 2 * delta))
            .Reverse().Take(MaxCandidates);
    }

    private double PriceOf(OpenedState from, OpenedState chain, DeltaCursor last, long delta) =>
        from.End.Deltas > 0 && !bound.Allows(from.End, delta, delta)
            ? double.PositiveInfinity : bound.PriceOf(from.End, EstimateOf(from, new ChainDiff(from, chain), last), delta);

    private long EstimateOf(OpenedState from, ChainDiff diff, DeltaCursor last)
    {
        var layout = from.Reader.Layout;
        var blocks = BlocksOf(layout, diff.Touches([], [last]));
        var sample = blocks.Count <= SampledBlocks ? [.. blocks]
            : Enumerable.Range(0, SampledBlocks).Select(index => blocks[(int)((long)index * blocks.Count / SampledBlocks)]).ToHashSet();
        using var encoded = BlocksEncoder.TryEncode(
            diff.Open([], [last], (tensor, block) => sample.Contains((tensor, block))), from.Reader, from.Identity, codec, temporaryFolder,
            long.MaxValue, cancellation)!;
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
