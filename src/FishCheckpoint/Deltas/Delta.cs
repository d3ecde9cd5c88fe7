using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Deltas;

/// <summary>
/// A mask and the new values at its positions, in memory. Use it if the values are in memory anyway; other deltas are streamed.
/// </summary>
public sealed class Delta
{
    private readonly ReadOnlyMemory<byte>[] values;

    /// <summary>Combines a mask and values.</summary>
    /// <param name="mask">The positions.</param>
    /// <param name="values">Per tensor of the mask, the raw bits of the new values in the order of its positions. Not copied.</param>
    /// <exception cref="ArgumentException">The lengths do not match the mask.</exception>
    public Delta(Mask mask, IReadOnlyList<ReadOnlyMemory<byte>> values)
    {
        if (values.Count != mask.Tensors.Count)
        {
            throw new ArgumentException($"The mask has {mask.Tensors.Count} tensors; the values have {values.Count}.", nameof(values));
        }

        for (var index = 0; index < values.Count; index++)
        {
            var (tensor, expected) = (mask.Tensors[index], UnitSizeOf(mask, index) * (long)mask.Tensors[index].Positions.Length);
            if (values[index].Length != expected)
            {
                throw new ArgumentException($"Tensor {tensor.Tensor} needs {expected} bytes of values, not {values[index].Length}.",
                    nameof(values));
            }
        }

        (Mask, this.values) = (mask, [.. values]);
    }

    /// <summary>The positions.</summary>
    public Mask Mask { get; }

    /// <summary>The raw bits of the new values, per tensor of <see cref="Mask"/>.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Values => values;

    /// <summary>The delta as a stream of chunks.</summary>
    public IDeltaReader OpenReader() => new MemoryReader(this, withPositions: true);

    /// <summary>The values alone, as a stream of chunks.</summary>
    public IMaskedValues OpenValues() => new MemoryReader(this, withPositions: false);

    private static int UnitSizeOf(Mask mask, int index) => mask.Layout.Tensors[mask.Tensors[index].Tensor].UnitSize;

    private sealed class MemoryReader(Delta delta, bool withPositions) : IDeltaReader, IMaskedValues
    {
        private int tensor;
        private int next;

        public Layout Layout => delta.Mask.Layout;

        public Digest Mask => delta.Mask.Id;

        public Digest? Announced => null;

        public bool Read(DeltaChunk chunk)
        {
            if (tensor == delta.values.Length)
            {
                chunk.Reset(-1, 1);
                return false;
            }

            var positions = delta.Mask.Tensors[tensor].Positions.Span;
            var unit = UnitSizeOf(delta.Mask, tensor);
            var count = Math.Min(DeltaChunk.Capacity, positions.Length - next);
            chunk.Reset(delta.Mask.Tensors[tensor].Tensor, unit);
            chunk.Append(count, out var chunkPositions, out var chunkValues);
            if (withPositions)
            {
                positions.Slice(next, count).CopyTo(chunkPositions);
            }

            delta.values[tensor].Span.Slice(next * unit, count * unit).CopyTo(chunkValues);
            next += count;
            if (next == positions.Length)
            {
                (tensor, next) = (tensor + 1, 0);
            }

            return true;
        }
    }
}
