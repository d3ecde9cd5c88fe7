using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Tests.Support;

/// <summary>A model in memory, and the plain way to apply a delta to it: unit by unit.</summary>
internal sealed class MemoryModel(Layout layout, byte[][] tensors) : IBlockReader
{
    public Layout Layout => layout;

    public byte[][] Tensors => tensors;

    public int Reads { get; private set; }

    public static MemoryModel Random(Random random, params TensorInfo[] tensors)
    {
        var bytes = tensors.Select(tensor => new byte[tensor.Bytes]).ToArray();
        Array.ForEach(bytes, random.NextBytes);
        return new MemoryModel(new Layout(tensors), bytes);
    }

    public MemoryModel Copy() => new(layout, [.. tensors.Select(bytes => bytes.ToArray())]);

    /// <summary>A copy in which units are replaced, each by other bits.</summary>
    public MemoryModel Changed(Random random, double density)
    {
        var copy = Copy();
        for (var tensor = 0; tensor < tensors.Length; tensor++)
        {
            var size = layout.Tensors[tensor].UnitSize;
            for (var unit = 0; unit < layout.Tensors[tensor].Units; unit++)
            {
                if (random.NextDouble() < density)
                {
                    copy.Tensors[tensor][(unit * size) + random.Next(size)] ^= (byte)random.Next(1, 256);
                }
            }
        }

        return copy;
    }

    public void ReadBlock(int tensor, long block, Span<byte> destination)
    {
        Reads++;
        tensors[tensor].AsSpan(checked((int)(block * Blocks.Size)), Blocks.LengthOf(layout.Tensors[tensor], block)).CopyTo(destination);
    }

    public MemoryModel Patched(IDeltaReader delta)
    {
        var copy = Copy();
        Walk(delta, (tensor, position, value) => value.CopyTo(copy.Tensors[tensor].AsSpan(checked((int)(position * value.Length)))));
        return copy;
    }

    /// <summary>Every position with its value, in order.</summary>
    public static List<(int Tensor, long Position, byte[] Value)> Flatten(IDeltaReader delta)
    {
        var all = new List<(int, long, byte[])>();
        Walk(delta, (tensor, position, value) => all.Add((tensor, position, value.ToArray())));
        return all;
    }

    private delegate void Visit(int tensor, long position, ReadOnlySpan<byte> value);

    // Checks the contract of a reader on the way.
    private static void Walk(IDeltaReader delta, Visit visit)
    {
        var chunk = new DeltaChunk();
        var (lastTensor, lastPosition, lastCount) = (-1, -1L, 0);
        while (delta.Read(chunk))
        {
            Assert.InRange(chunk.Count, 1, DeltaChunk.Capacity);
            Assert.True(chunk.Tensor >= lastTensor, "Tensors run in layout order.");
            Assert.True(chunk.Tensor != lastTensor || lastCount == DeltaChunk.Capacity, "A chunk is full unless its tensor ends.");
            lastPosition = chunk.Tensor == lastTensor ? lastPosition : -1;
            for (var index = 0; index < chunk.Count; index++)
            {
                var position = chunk.Positions[index];
                Assert.True(position > lastPosition, "Positions ascend.");
                visit(chunk.Tensor, position, chunk.Values.Slice(index * chunk.UnitSize, chunk.UnitSize));
                lastPosition = position;
            }

            (lastTensor, lastCount) = (chunk.Tensor, chunk.Count);
        }

        Assert.Equal(0, chunk.Count);
    }

    public void AssertSame(MemoryModel other)
    {
        for (var tensor = 0; tensor < tensors.Length; tensor++)
        {
            Assert.True(tensors[tensor].AsSpan().SequenceEqual(other.Tensors[tensor]), $"Tensor {tensor} differs.");
        }
    }
}
