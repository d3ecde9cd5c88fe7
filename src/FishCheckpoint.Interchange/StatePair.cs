using FishCheckpoint.Checkpoints;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange;

/// <summary>Two states of a task, with the tensors that may differ, a block at a time.</summary>
/// <param name="from">The earlier state; this object is its only reader.</param>
/// <param name="to">The later state; this object is its only reader.</param>
/// <param name="changed">The tensors that may differ, as indices in the layout.</param>
/// <param name="files">The model file of each tensor.</param>
internal sealed class StatePair(IModelReader from, IModelReader to, IReadOnlyList<int> changed, IReadOnlyDictionary<string, int> files)
{
    private readonly byte[] before = new byte[Blocks.Size];
    private readonly byte[] after = new byte[Blocks.Size];

    /// <summary>Receives a block: its bytes before and after, and its offset in the tensor.</summary>
    public delegate void Visit(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, long offset);

    /// <summary>The layout of both states.</summary>
    public Layout Layout => to.Layout;

    /// <summary>The model file of each tensor.</summary>
    public IReadOnlyDictionary<string, int> Files => files;

    /// <summary>The later state.</summary>
    public IModelReader To => to;

    /// <summary>The tensors that may differ, in Python's order of names.</summary>
    public IEnumerable<TensorInfo> Changed =>
        changed.Select(index => Layout.Tensors[index]).OrderBy(tensor => tensor.Name, Comparer<string>.Create(NameOrder.Compare));

    /// <summary>Reads a tensor of both states.</summary>
    public void Read(TensorInfo tensor, Visit visit, CancellationToken cancellation)
    {
        using var old = TensorStream.Open(from, tensor.Name, cancellation);
        using var now = TensorStream.Open(to, tensor.Name, cancellation);
        for (var block = 0L; block < Blocks.CountOf(tensor); block++)
        {
            var left = before.AsSpan(0, Blocks.LengthOf(tensor, block));
            var right = after.AsSpan(0, left.Length);
            old.Read(left);
            now.Read(right);
            visit(left, right, block * Blocks.Size);
        }
    }
}
