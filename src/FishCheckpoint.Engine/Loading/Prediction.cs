using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>
/// What a save's values are predicted from, where its mask is that of an earlier checkpoint: that one's values, and those that it was
/// predicted from itself. A save then reads nothing of the base. One that is predicted from nothing is written so that the next can be
/// predicted from it.
/// </summary>
/// <param name="Reference">The checkpoint; <see langword="null"/> for the first.</param>
/// <param name="Frames">Its frames and those before it, the earliest first.</param>
/// <param name="Values">Its values; <see langword="null"/> for the first.</param>
internal sealed record Prediction(CheckpointRow? Reference, IReadOnlyList<IFrame> Frames, EarlierValues? Values)
{
    // Reading a checkpoint decodes the frames of all that it is predicted from: together no more than this part of its model, and no more
    // than so many.
    private const int PartOfTheModel = 8;
    private const int MaxDepth = 64;

    /// <summary>Of a save that is predicted from nothing, and others may be predicted from.</summary>
    public static Prediction None { get; } = new(null, [], null);

    /// <summary>
    /// Whether values of a layout are worth guessing: where most of it is wide floats. Narrow ones lie as near to their parent.
    /// </summary>
    public static bool Suits(Layout layout) =>
        2 * layout.Tensors.Where(tensor => tensor.Type is DType.F32 or DType.F64 or DType.C64).Sum(tensor => tensor.Bytes) > layout.Bytes;

    /// <summary>Finds what to predict from: nothing that is found damaged, for a save must not depend on what cannot be read.</summary>
    /// <param name="view">A snapshot.</param>
    /// <param name="task">The task.</param>
    /// <param name="step">The step that is saved.</param>
    /// <param name="saved">What the step holds already.</param>
    /// <param name="mask">Its mask's identity.</param>
    /// <param name="maskFrame">Its mask's frame, which is stored and sound.</param>
    /// <param name="cache">Values of the last saves.</param>
    public static Prediction Find(
        ICatalogView view, TaskContext task, long step, CheckpointRow? saved, Digest mask, IFrame maskFrame, ParentCache cache)
    {
        // What is saved again stays on what it was predicted from: those that are predicted from it count on that.
        var again = saved is { IsBlocks: false } && saved.Mask == mask;
        var rows = again ? view.Checkpoints.ReferenceOf(saved!) : view.Checkpoints.Predictable(task.Id, step, mask);
        if (rows.Count == 0)
        {
            return None;
        }

        var found = rows[^1];
        if (!again && (found.ReferenceDepth >= MaxDepth
            || (found.ReferenceDepth + 2) * found.ValueBytes > task.Layout.Layout.Bytes / PartOfTheModel))
        {
            return None;
        }

        try
        {
            var earlier = Open(view, rows);
            return FrameCheck.IsSoundValues(() => earlier.Frames[^1], maskFrame, task.Layout.Layout)
                ? From(task, earlier, mask, maskFrame, cache) : None;
        }
        catch (FishException error) when (error.Kind != ErrorKind.Unavailable)
        {
            return None;
        }
    }

    /// <summary>Guessing from a checkpoint with this mask.</summary>
    /// <exception cref="FishException">A frame is damaged.</exception>
    public static Prediction From(
        ICatalogView view, TaskContext task, CheckpointRow found, Digest mask, IFrame maskFrame, ParentCache cache) =>
        From(task, Open(view, view.Checkpoints.References(found)), mask, maskFrame, cache);

    private static (IReadOnlyList<CheckpointRow> Rows, IReadOnlyList<IFrame> Frames) Open(
        ICatalogView view, IReadOnlyList<CheckpointRow> rows)
    {
        var frames = view.Frames.OpenAll(rows.Select(row => row.Frame));
        return (rows, [.. rows.Select(row => frames[row.Frame])]);
    }

    private static Prediction From(
        TaskContext task, (IReadOnlyList<CheckpointRow> Rows, IReadOnlyList<IFrame> Frames) earlier, Digest mask, IFrame maskFrame,
        ParentCache cache)
    {
        var (rows, frames) = earlier;
        var found = rows[^1];
        var last = cache.Find(found.State, mask) ?? Decode(frames, maskFrame, task);
        var before = rows.Count < 2 ? null : cache.Find(rows[^2].State, mask) ?? Decode([.. frames.SkipLast(1)], maskFrame, task);
        return new Prediction(found, frames, new EarlierValues(last, before is null ? default(ReadOnlyMemory<byte>?) : before));
    }

    /// <summary>The values that frames hold, the last one's, as they are and not as differences.</summary>
    /// <exception cref="FishException">They do not have the digest that they were stored with.</exception>
    public static byte[] Decode(IReadOnlyList<IFrame> frames, IFrame mask, TaskContext task)
    {
        var decoder = new FrameValues(mask, frames, task.Layout.Layout);
        var recorded = new RecordingReader(decoder, mask, Array.MaxLength);
        var chunk = new DeltaChunk();
        while (recorded.Read(chunk))
        {
        }

        return recorded.Recorded is { } values && Digest.Of(values) == decoder.Announced ? values : throw new FishException(
            ErrorCode.CorruptFrame, "values", "The values do not have the digest that their frame carries.",
            "The store is damaged: run a verification.");
    }
}
