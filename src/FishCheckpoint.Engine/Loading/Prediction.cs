using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>
/// What a save's values are predicted from if an earlier checkpoint has the same mask: the prediction chain of that checkpoint. The save
/// then reads nothing of the base. The first save with a mask has no reference, and is encoded so that the next can use it as one.
/// </summary>
/// <param name="Reference">The reference; <see langword="null"/> for the first save.</param>
/// <param name="Frames">The frames of the prediction chain, earliest first.</param>
/// <param name="Values">The reference's values; <see langword="null"/> for the first save.</param>
internal sealed record Prediction(CheckpointRow? Reference, IReadOnlyList<IFrame> Frames, EarlierValues? Values)
{
    // A read decodes the frames of the whole prediction chain. These limit their bytes, as a part of the model, and their number.
    private const int PartOfTheModel = 8;
    private const int MaxDepth = 64;

    /// <summary>The prediction of a save without a reference.</summary>
    public static Prediction None { get; } = new(null, [], null);

    /// <summary>
    /// Whether prediction pays for a layout: if most of its bytes are wide floats. Narrow floats are as close to their parent's.
    /// </summary>
    public static bool Suits(Layout layout) =>
        2 * layout.Tensors.Where(tensor => tensor.Type is DType.F32 or DType.F64 or DType.C64).Sum(tensor => tensor.Bytes) > layout.Bytes;

    /// <summary>Finds the reference of a save. Ignores a damaged one, since no save may depend on it.</summary>
    /// <param name="view">A snapshot.</param>
    /// <param name="task">The task.</param>
    /// <param name="step">The step of the save.</param>
    /// <param name="saved">The checkpoint that the step already has.</param>
    /// <param name="mask">The id of the save's mask.</param>
    /// <param name="maskFrame">The frame of the mask, stored and undamaged.</param>
    /// <param name="cache">Cached values of the last saves.</param>
    public static Prediction Find(
        ICatalogView view, TaskContext task, long step, CheckpointRow? saved, Digest mask, IFrame maskFrame, ParentCache cache)
    {
        // A repeated save keeps its reference, because the checkpoints that are predicted from it depend on that.
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

    /// <summary>A prediction from a given checkpoint with this mask.</summary>
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

    /// <summary>Decodes the values of the last frame in a prediction chain.</summary>
    /// <exception cref="FishException">The digest of the values differs from the frame's.</exception>
    public static byte[] Decode(IReadOnlyList<IFrame> frames, IFrame mask, TaskContext task)
    {
        var decoder = new FrameValues(mask, frames, task.Layout.Layout);
        var recorded = new RecordingReader(decoder, mask, Array.MaxLength);
        var chunk = new DeltaChunk();
        while (recorded.Read(chunk))
        {
        }

        return recorded.Recorded is { } values && Digest.Of(values) == decoder.Announced ? values : throw new FishException(
            ErrorCode.CorruptFrame, "values", "The digest of the values differs from their frame's.", "The store is damaged: verify it.");
    }
}
