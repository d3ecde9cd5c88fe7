using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Saving;

/// <summary>The decisions of a save that need no store: its parent, its form and the limit on the cost of reading it.</summary>
/// <param name="Parent">The requested parent.</param>
/// <param name="IsFull">Whether the content is a full model, so that the store finds the changes.</param>
/// <param name="Predicts">Whether values with a fixed mask are stored so that later ones can be predicted from them.</param>
/// <param name="Bound">The limit on the cost of a read.</param>
internal sealed record SavePlan(ParentChoice Parent, bool IsFull, bool Predicts, ChainBound Bound)
{
    // One delta is cheaper to read than two: the base becomes the parent unless the chain saves at least this factor.
    private const double MinChainSavings = 1.1;

    // Sent positions may come again at no cost, so they are stored with their values only if that saves much.
    private const double MinBlockSavings = 0.8;
    private const long SmallDelta = 1 << 14;

    /// <summary>Whether the parent is the latest checkpoint before the step, if there is one.</summary>
    public bool TriesPrevious => Parent == ParentChoice.Previous || ComparesWithBase;

    /// <summary>Whether the base becomes the parent if that costs hardly more bytes than the previous checkpoint.</summary>
    public bool ComparesWithBase => IsFull && Parent == ParentChoice.Auto;

    /// <summary>Plans a save.</summary>
    public static SavePlan Of(SaveRequest request, TaskContext task, EngineOptions options)
    {
        var (isFull, parent, layout) = (request.Content is CheckpointContent.Full, request.Options.Parent, task.Layout);

        // A full model contains everything, and needs no lost branch point.
        return new SavePlan(
            isFull && parent == ParentChoice.Auto && task.LostBranchPoint is not null ? ParentChoice.Base : parent, isFull,
            !isFull && options.Codec.Effort != CodecEffort.Runs && Prediction.Suits(layout.Layout),
            new ChainBound(layout.BaseBytes, options.MaxReadCost, options.MaxChainDepth));
    }

    /// <summary>The most bytes for a delta against the base instead of the previous checkpoint.</summary>
    /// <param name="chained">Bytes of the delta against the previous checkpoint.</param>
    public static long BudgetOnBase(long chained) => (long)(chained * MinChainSavings);

    /// <summary>The most bytes for a sent delta as blocks instead of a mask and values; 0 for a mask.</summary>
    /// <param name="storedAsBlocks">The stored form of this mask at the step, if any: a damaged frame is replaced by one of the same
    /// form.</param>
    /// <param name="maskIsKnown">Returns whether the store has the mask; called only if that matters.</param>
    /// <param name="masked">Bytes of the mask and values.</param>
    public long BudgetOfBlocks(bool? storedAsBlocks, Func<bool> maskIsKnown, long masked) =>
        storedAsBlocks == true ? long.MaxValue
        : Predicts || maskIsKnown() || masked < SmallDelta ? 0 : (long)(MinBlockSavings * masked);
}
