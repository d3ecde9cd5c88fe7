using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>A model whose tensors are in this process's memory, each contiguous.</summary>
/// <param name="layout">Its tensors.</param>
/// <param name="memory">Returns the bytes of a tensor.</param>
internal sealed class HostModel(Layout layout, TensorMemory memory) : ITrainingModel
{
    /// <inheritdoc/>
    public Layout Layout => layout;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The tensor's length differs from the layout's.</exception>
    public void Gather(TensorMask positions, Span<byte> values) =>
        Units.Gather(BytesOf(positions.Tensor), positions.Positions.Span, 0, layout.Tensors[positions.Tensor].UnitSize, values);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The tensor's length differs from the layout's.</exception>
    public void Read(int tensor, long offset, Span<byte> destination) =>
        BytesOf(tensor).Slice((int)offset, destination.Length).CopyTo(destination);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The tensor's length differs from the layout's.</exception>
    public void Write(int tensor, long offset, ReadOnlySpan<byte> bytes) => bytes.CopyTo(BytesOf(tensor)[(int)offset..]);

    private Span<byte> BytesOf(int tensor)
    {
        var bytes = memory(tensor);
        var info = layout.Tensors[tensor];
        return bytes.Length == info.Bytes
            ? bytes : throw new ArgumentException($"Tensor '{info.Name}' has {bytes.Length} bytes; the layout has {info.Bytes}.");
    }
}

/// <summary>Returns the memory of a tensor, given its index in the layout.</summary>
public delegate Span<byte> TensorMemory(int tensor);
