using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>
/// The facts about a visible checkpoint that its totals per tensor need. The indexes of its frames have everything; no chunk is read.
/// </summary>
/// <param name="Task">Its task.</param>
/// <param name="IsBlocks">Whether its frame holds blocks.</param>
/// <param name="PositionBytes">Bytes of positions that it accounts for.</param>
/// <param name="Frame">Its frame.</param>
/// <param name="Mask">Its mask's frame.</param>
/// <param name="Base">Its task's base.</param>
/// <param name="Tensors">Its task's own tensors.</param>
internal sealed record CountedCheckpoint(long Task, bool IsBlocks, long PositionBytes, long Frame, long? Mask, Digest Base, string Tensors)
{
    public const string Columns = "c.task, c.blocks, c.brought_bytes, c.frame, m.frame, k.base, k.tensors";

    /// <summary>Finds the checkpoint; <see langword="null"/> if it does not exist or is not visible.</summary>
    public static CountedCheckpoint? Find(CatalogConnection connection, long id) => connection.Single(
        $"""
        SELECT {Columns} FROM checkpoints c JOIN masks m ON m.id = c.mask JOIN tasks k ON k.id = c.task
        WHERE c.id = $0 AND c.deleted = 0
        """,
        row => Read(row, 0), id);

    /// <summary>The totals of each tensor that it changes.</summary>
    /// <exception cref="Errors.FishException">A frame is missing, or its head is damaged.</exception>
    public Dictionary<int, TensorTotals> Count(CatalogConnection connection, Layout layout)
    {
        if (IsBlocks || Mask is not { } mask)
        {
            return CountBlocks(connection.Rows.Frames.Open(Frame), layout);
        }

        var frames = connection.Rows.Frames.OpenAll([mask, Frame]);
        return CountMasked(frames[mask], frames[Frame], layout);
    }

    private Dictionary<int, TensorTotals> CountMasked(IFrame mask, IFrame values, Layout layout)
    {
        var (totals, head) = (new Dictionary<int, TensorTotals>(), FrameHead.Parse(mask.Head));
        var positions = ChunkIndex.ReadMask(mask, head, layout);
        foreach (var (at, of) in positions.Zip(ChunkIndex.ReadValues(values, FrameHead.Parse(values.Head), head, positions)))
        {
            Add(totals, at.Tensor, new TensorTotals(0, at.Count, PositionBytes > 0 ? at.Length : 0, of.Length));
        }

        return totals;
    }

    // A block mixes positions and values, so its bytes are divided in the ratio of the whole frame.
    private Dictionary<int, TensorTotals> CountBlocks(IFrame frame, Layout layout)
    {
        var (totals, bytes) = (new Dictionary<int, TensorTotals>(), NewFrame.BytesOf(frame));
        foreach (var entry in ChunkIndex.ReadBlocks(frame, FrameHead.Parse(frame.Head), layout))
        {
            var positions = (long)((Int128)entry.Length * Math.Min(PositionBytes, bytes) / bytes);
            Add(totals, entry.Tensor, new TensorTotals(0, entry.Count, positions, entry.Length - positions));
        }

        return totals;
    }

    public static CountedCheckpoint Read(CatalogRow row, int at) => new(
        row.GetInt64(at), row.GetBoolean(at + 1), row.GetInt64(at + 2), row.GetInt64(at + 3), row.OptionalLong(at + 4), row.Digest(at + 5),
        row.GetString(at + 6));

    private static void Add(Dictionary<int, TensorTotals> totals, int tensor, TensorTotals more) =>
        totals[tensor] = (totals.TryGetValue(tensor, out var before) ? before : new TensorTotals(1, 0, 0, 0)) + more;
}
