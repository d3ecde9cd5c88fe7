using FishCheckpoint.Deltas;
using FishCheckpoint.Reports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Reports;

/// <summary>Measures a stream of changes per tensor. Needs a few numbers per tensor and one chunk.</summary>
internal sealed class ChangeMeter
{
    private readonly Layout layout;
    private readonly Sums[] sums;
    private readonly double[] before = new double[DeltaChunk.Capacity];
    private readonly double[] after = new double[DeltaChunk.Capacity];

    /// <summary>Starts without changes.</summary>
    /// <param name="layout">The layout of the positions.</param>
    public ChangeMeter(Layout layout) => (this.layout, sums) = (layout, new Sums[layout.Tensors.Count]);

    /// <summary>Reads a difference to its end.</summary>
    /// <param name="changes">A reader with the values of both sides (<see cref="DeltaChunk.HasParentValues"/>).</param>
    /// <param name="cancellationToken">Cancels between two chunks.</param>
    /// <exception cref="ArgumentException">The reader has only the new values.</exception>
    public void ReadAll(IDeltaReader changes, CancellationToken cancellationToken)
    {
        var chunk = new DeltaChunk();
        while (changes.Read(chunk))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Add(chunk);
        }
    }

    /// <summary>Creates the report.</summary>
    /// <param name="task">The task.</param>
    /// <param name="from">The state before the changes.</param>
    /// <param name="to">The step after the changes.</param>
    public ChangeReport Report(string task, string from, long to)
    {
        var whole = default(Sums);
        foreach (var tensor in sums)
        {
            whole.Add(tensor);
        }

        var (units, numbers) = (layout.Tensors.Sum(tensor => tensor.Units),
            layout.Tensors.Where(tensor => Numbers.Are(tensor.Type)).Sum(tensor => tensor.Units));
        return new ChangeReport(
            task, from, to, whole.Changed, units, Share(whole.Changed, units), whole.Magnitude(numbers), layout.Tensors.Count,
            [.. Listed().Select(TensorAt)]);
    }

    private IEnumerable<int> Listed()
    {
        var all = Enumerable.Range(0, sums.Length);
        return sums.Length <= ChangeReport.MaxTensors ? all
            : all.OrderByDescending(tensor => sums[tensor].Changed).ThenBy(tensor => tensor).Take(ChangeReport.MaxTensors).Order();
    }

    private TensorChange TensorAt(int index)
    {
        var (tensor, of) = (layout.Tensors[index], sums[index]);
        return new TensorChange(
            tensor.Name, DTypes.NameOf(tensor.Type), tensor.Shape, tensor.Units, of.Changed, Share(of.Changed, tensor.Units),
            Numbers.Are(tensor.Type) ? of.Magnitude(tensor.Units) : null);
    }

    private void Add(DeltaChunk chunk)
    {
        if (!chunk.HasParentValues)
        {
            throw new ArgumentException("The changes have no old values.", nameof(chunk));
        }

        ref var of = ref sums[chunk.Tensor];
        of.Changed += chunk.Count;
        var type = layout.Tensors[chunk.Tensor].Type;
        if (!Numbers.Are(type))
        {
            return;
        }

        // A complex number counts as two.
        var count = chunk.Values.Length / Numbers.WidthOf(type);
        for (var begin = 0; begin < count; begin += DeltaChunk.Capacity)
        {
            var (taken, width) = (Math.Min(DeltaChunk.Capacity, count - begin), Numbers.WidthOf(type));
            var old = before.AsSpan(0, taken);
            var now = after.AsSpan(0, taken);
            Numbers.Read(type, chunk.ParentValues.Slice(begin * width, taken * width), old);
            Numbers.Read(type, chunk.Values.Slice(begin * width, taken * width), now);
            of.Add(old, now);
        }
    }

    private static double Share(double part, double whole) => whole == 0 ? 0 : part / whole;

    private struct Sums
    {
        public long Changed;
        private long measured;
        private long notFinite;
        private double squares;
        private double distance;
        private double max;
        private double oldSquares;

        public void Add(ReadOnlySpan<double> old, ReadOnlySpan<double> now)
        {
            for (var index = 0; index < old.Length; index++)
            {
                var moved = Math.Abs(now[index] - old[index]);
                if (!double.IsFinite(moved))
                {
                    notFinite++;
                    continue;
                }

                measured++;
                squares += moved * moved;
                distance += moved;
                max = Math.Max(max, moved);
                oldSquares += old[index] * old[index];
            }
        }

        public void Add(Sums other)
        {
            (Changed, measured, notFinite) = (Changed + other.Changed, measured + other.measured, notFinite + other.notFinite);
            (squares, distance, max) = (squares + other.squares, distance + other.distance, Math.Max(max, other.max));
            oldSquares += other.oldSquares;
        }

        public readonly ChangeMagnitude Magnitude(long units) => new(
            Math.Sqrt(squares), Math.Sqrt(Share(squares, units)), Share(distance, measured), max,
            Math.Sqrt(Share(squares, oldSquares)), notFinite);
    }
}
