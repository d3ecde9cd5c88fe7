using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Saving;

/// <summary>What a save decides without its store: which parent it tries, in which form it is stored, what that may cost.</summary>
/// <param name="Parent">The parent that was asked for.</param>
/// <param name="IsFull">Whether the content is a full model, of which the store finds what changed.</param>
/// <param name="Predicts">Whether sent values of a fixed mask are stored so that the next ones can be predicted from them.</param>
/// <param name="Bound">What reading it may cost.</param>
internal sealed record SavePlan(ParentChoice Parent, bool IsFull, bool Predicts, ChainBound Bound)
{
    // Reading one delta is cheaper than two: the base is taken as parent unless the other saves at least this much.
    private const double MinChainSavings = 1.1;

    // Positions that a trainer sends may come again, and cost nothing then: they go with their values only where that saves much.
    private const double MinBlockSavings = 0.8;
    private const long SmallDelta = 1 << 14;

    /// <summary>Whether the newest checkpoint before the step is the parent, if there is one.</summary>
    public bool TriesPrevious => Parent == ParentChoice.Previous || ComparesWithBase;

    /// <summary>Whether the base is the parent where that takes hardly more bytes than the previous checkpoint does.</summary>
    public bool ComparesWithBase => IsFull && Parent == ParentChoice.Auto;

    /// <summary>Plans a save.</summary>
    public static SavePlan Of(SaveRequest request, TaskContext task, EngineOptions options)
    {
        var (isFull, parent, layout) = (request.Content is CheckpointContent.Full, request.Options.Parent, task.Layout);

        // A full model holds all of itself, and does not need a branch point that was lost.
        return new SavePlan(
            isFull && parent == ParentChoice.Auto && task.LostBranchPoint is not null ? ParentChoice.Base : parent, isFull,
            !isFull && options.Codec.Effort != CodecEffort.Runs && Prediction.Suits(layout.Layout),
            new ChainBound(layout.BaseBytes, options.MaxReadCost, options.MaxChainDepth));
    }

    /// <summary>The most bytes that a delta against the base may take, in place of one against the previous checkpoint.</summary>
    /// <param name="chained">Bytes of the delta against the previous checkpoint.</param>
    public static long BudgetOnBase(long chained) => (long)(chained * MinChainSavings);

    /// <summary>The most bytes that a sent delta may take block by block, in place of a mask and values; zero: it has a mask.</summary>
    /// <param name="storedAsBlocks">How the step has this mask already: a damaged frame is replaced by one of its form.</param>
    /// <param name="maskIsKnown">Whether the store knows the mask. Asked only if it counts.</param>
    /// <param name="masked">Bytes of mask and values.</param>
    public long BudgetOfBlocks(bool? storedAsBlocks, Func<bool> maskIsKnown, long masked) =>
        storedAsBlocks == true ? long.MaxValue
        : Predicts || maskIsKnown() || masked < SmallDelta ? 0 : (long)(MinBlockSavings * masked);
}
