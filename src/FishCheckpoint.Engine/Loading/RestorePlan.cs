using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>One delta of a chain.</summary>
/// <param name="Checkpoint">The name of its checkpoint, such as <c>task/120</c>.</param>
/// <param name="Changed">Its number of positions.</param>
/// <param name="FrameBytes">Bytes of its frames.</param>
internal sealed record ChainLink(string Checkpoint, long Changed, long FrameBytes);

/// <summary>The cost of a full restore, known before any read.</summary>
/// <param name="BaseBytes">Bytes of the base.</param>
/// <param name="FrameBytes">Bytes of frames that it decodes.</param>
/// <param name="Changed">Values that it applies to the base.</param>
/// <param name="Deltas">Deltas above the base.</param>
internal readonly record struct RestoreCost(long BaseBytes, long FrameBytes, long Changed, int Deltas);

/// <summary>A part of a file to write: bytes of its header, or of a block of a tensor.</summary>
/// <param name="Tensor">Index in the task layout, or -1 for the header.</param>
/// <param name="Block">The tensor's block.</param>
/// <param name="Skip">Bytes to skip at the start of the header or block.</param>
/// <param name="Length">Bytes to write.</param>
internal readonly record struct Segment(int Tensor, long Block, long Skip, int Length);

/// <summary>
/// Plans how a state is written as files: the blocks, their order and the cost. Pure: uses headers and sizes only.
/// <see cref="RestoreWriter"/> executes it.
/// </summary>
internal sealed class RestorePlan
{
    private readonly int[][] tensorsOfFile;

    /// <summary>Creates a plan.</summary>
    /// <param name="task">The task layout.</param>
    /// <param name="output">The files to write: the task's, or the trainer's (the same tensors under other headers).</param>
    /// <param name="chain">The deltas, starting next to the base.</param>
    public RestorePlan(TaskLayout task, ModelFiles output, IReadOnlyList<ChainLink> chain)
    {
        Output = output;
        tensorsOfFile = [.. output.Files.Select(file => file.Header.Tensors.Select(
            tensor => task.Layout.TryIndexOf(tensor.Info.Name, out var index)
                ? index : throw new ArgumentException(tensor.Info.Name)).ToArray())];
        Cost = new RestoreCost(
            task.BaseBytes, chain.Sum(link => link.FrameBytes), chain.Sum(link => link.Changed), chain.Count);
    }

    /// <summary>The files to write.</summary>
    public ModelFiles Output { get; }

    /// <summary>The cost of a full restore.</summary>
    public RestoreCost Cost { get; }

    /// <summary>The parts of a range of a file, in order.</summary>
    /// <param name="file">Index in <see cref="Output"/>.</param>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">The number of bytes; the range lies inside the file.</param>
    public IEnumerable<Segment> SegmentsOf(int file, long offset, long length)
    {
        var header = Output.Files[file].Header;
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, header.FileLength - length);
        return Enumerate(file, header, offset, offset + length);
    }

    /// <summary>The blocks of one tensor, in order.</summary>
    /// <param name="layout">The task layout.</param>
    /// <param name="tensor">Index of the tensor.</param>
    public static IEnumerable<Segment> SegmentsOfTensor(Layout layout, int tensor)
    {
        for (var block = 0L; block < Blocks.CountOf(layout.Tensors[tensor]); block++)
        {
            yield return new Segment(tensor, block, 0, Blocks.LengthOf(layout.Tensors[tensor], block));
        }
    }

    private IEnumerable<Segment> Enumerate(int file, SafetensorsHeader header, long start, long end)
    {
        for (var from = start; from < Math.Min(end, header.DataStart); from += Blocks.Size)
        {
            yield return new Segment(-1, 0, from, (int)Math.Min(Blocks.Size, Math.Min(end, header.DataStart) - from));
        }

        var (first, limit) = (Math.Max(0, start - header.DataStart), end - header.DataStart);
        for (var index = FirstTensor(header, first); index < header.Tensors.Count && header.Tensors[index].Begin < limit; index++)
        {
            var tensor = header.Tensors[index];
            var from = Math.Max(first, tensor.Begin) - tensor.Begin;
            var to = Math.Min(limit, tensor.End) - tensor.Begin;
            for (; from < to; from = ((from / Blocks.Size) + 1) * Blocks.Size)
            {
                var (block, skip) = (from / Blocks.Size, from % Blocks.Size);
                yield return new Segment(tensorsOfFile[file][index], block, skip, (int)Math.Min(Blocks.Size - skip, to - from));
            }
        }
    }

    // The first tensor that ends after an offset of the data.
    private static int FirstTensor(SafetensorsHeader header, long offset)
    {
        var (low, high) = (0, header.Tensors.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = header.Tensors[middle].End <= offset ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
