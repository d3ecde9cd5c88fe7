using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>An open state of a task, read through a view: the base, or a checkpoint with its chain.</summary>
internal sealed class OpenedState : IDisposable
{
    // The frames of a longer chain cache nothing between reads: a quarter of a mebibyte each would add up.
    private const int FewLinks = 16;

    private readonly IBaseBlocks blocks;

    private OpenedState(
        IBaseBlocks blocks, TaskContext task, CheckpointRow? checkpoint, IReadOnlyList<CheckpointRow> chain,
        IReadOnlyList<StoredFrames> frames)
    {
        (this.blocks, Task, Checkpoint, Chain) = (blocks, task, checkpoint, chain);
        Cursors = [.. chain.Zip(frames, (row, of) => DeltaCursor.Open(of.Mask, of.Values, task.Layout.Layout, row.Label))];
        Identity = checkpoint?.State ?? task.BaseState;
        Reader = new StateReader(task.Layout, blocks, Cursors);
        Links = [.. chain.Zip(frames, (row, of) => new ChainLink(row.Label, row.Changed, of.Bytes))];
    }

    public TaskContext Task { get; }

    /// <summary>The checkpoint; <see langword="null"/> for the base.</summary>
    public CheckpointRow? Checkpoint { get; }

    public IReadOnlyList<CheckpointRow> Chain { get; }

    public IReadOnlyList<DeltaCursor> Cursors { get; }

    public IReadOnlyList<ChainLink> Links { get; }

    public Digest Identity { get; }

    public StateReader Reader { get; }

    /// <summary>The cost of reading the chain.</summary>
    public ChainEnd End => Checkpoint is { } row ? new ChainEnd(row.ChainBytes, row.Depth) : default;

    /// <summary>The parent state of a delta in the chain.</summary>
    public StateReader UpTo(CheckpointRow link) => First(Chain.TakeWhile(row => row.Id != link.Id).Count());

    /// <summary>The state after the first links of the chain.</summary>
    public StateReader First(int links) => new(Task.Layout, blocks, [.. Cursors.Take(links)]);

    public static OpenedState Open(ICatalogView view, IBaseStore bases, TaskContext task, CheckpointRow? checkpoint)
    {
        var chain = checkpoint is null ? [] : view.Checkpoints.ChainWithEarlier(checkpoint);
        return new OpenedState(
            bases.Open(task.Base), task, checkpoint, [.. chain.Select(link => link[^1])],
            chain.Count == 0 ? [] : StoredFrames.OpenAll(view, chain, chain.Count <= FewLinks));
    }

    public void Dispose() => blocks.Dispose();
}
