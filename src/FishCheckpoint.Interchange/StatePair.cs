using FishCheckpoint.Checkpoints;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange;

/// <summary>Two states of a task: the tensors that may differ, a block at a time.</summary>
/// <param name="from">The one. Read by this alone.</param>
/// <param name="to">The other. Read by this alone.</param>
/// <param name="changed">The tensors that may differ, as indices in the layout.</param>
/// <param name="files">In which of the model's files each tensor is.</param>
internal sealed class StatePair(IModelReader from, IModelReader to, IReadOnlyList<int> changed, IReadOnlyDictionary<string, int> files)
{
    private readonly byte[] before = new byte[Blocks.Size];
    private readonly byte[] after = new byte[Blocks.Size];

    /// <summary>Told of a block: its bytes before and after, and where it begins in the tensor.</summary>
    public delegate void Visit(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, long offset);

    /// <summary>The layout of both.</summary>
    public Layout Layout => to.Layout;

    /// <summary>In which of the model's files each tensor is.</summary>
    public IReadOnlyDictionary<string, int> Files => files;

    /// <summary>The later state.</summary>
    public IModelReader To => to;

    /// <summary>The tensors that may differ, in the order that Python sorts names in.</summary>
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
