using FishCheckpoint.Engine.Access;
using FishCheckpoint.Engine.Chains;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Maintenance.Folding;

/// <summary>A checkpoint that a round may fold.</summary>
/// <param name="found">The checkpoint.</param>
/// <param name="task">Its task.</param>
/// <param name="bound">The limit on the cost of a read.</param>
/// <param name="audit">The log of folds.</param>
internal sealed class FoldItem(FoldCandidate found, TaskContext task, ChainBound bound, AuditWriter audit) : RewriteItem
{
    private RebasedCheckpoint? rebased;

    public override string Key => found.Row.Label;

    public override long Place => found.Row.Id;

    public override long Bytes => found.Bytes;

    /// <summary>Bytes that the write added to the store.</summary>
    public long Growth => rebased!.Growth - rebased.Freed;

    /// <summary>Bytes of the chain before the fold.</summary>
    public long ChainBefore => found.Row.ChainBytes;

    /// <summary>Bytes of the chain after the write.</summary>
    public long ChainAfter { get; private set; }

    public override bool Prepare(ICatalogView view, RecodeContext context, CancellationToken cancellationToken)
    {
        rebased = Rebaser.Prepare(
            view, context, found.Row, found.CostsTooMuch ? Choose(view, context, cancellationToken) : found.Onto, cancellationToken);
        return found.CostsTooMuch
            ? (rebased.Onto?.ChainBytes ?? 0) + rebased.Bytes < found.Row.ChainBytes || found.Row.Depth > bound.MaxDeltas
            : rebased.Growth <= found.Freed;
    }

    public override IEnumerable<NewFrame> NewFrames => rebased!.NewFrames;

    public override bool Write(ICatalogWriter writer)
    {
        if (!Rebaser.Replace(writer, rebased!))
        {
            return false;
        }

        audit.Note(writer, "checkpoint.fold", found.Row.TaskName, found.Row.Label, AuditWriter.Changed, rebased!.Growth);
        ChainAfter = writer.Checkpoints.Row(found.Row.Id)!.ChainBytes;
        return true;
    }

    public override void Dispose() => rebased?.Dispose();

    private CheckpointRow? Choose(ICatalogView view, RecodeContext context, CancellationToken cancellationToken)
    {
        using var whole = OpenedState.Open(view, context.Bases, task, found.Row);
        using var chain = OpenedState.Open(view, context.Bases, task, view.Checkpoints.Row(found.Row.Parent!.Value));
        using var chosen = new ParentChooser(view, task, context.Bases, bound, context.Codec, context.TemporaryFolder, cancellationToken)
            .Choose(chain, whole.Cursors[^1], found.Row.ChainBytes - chain.End.Bytes);
        return chosen.Checkpoint;
    }
}
