using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.EndToEnd.Growth;

/// <summary>A bfloat16 model of any size, in tensors of 4 million elements, and masks of a fixed number of its positions.</summary>
internal sealed class GrowthModel
{
    private const int Columns = 2048;
    private const int Rows = 2048;

    public GrowthModel(long elements)
    {
        var full = (int)(elements / (Columns * Rows));
        var rest = (elements - ((long)full * Columns * Rows)) / Columns;
        Layout = new Layout([
            .. Enumerable.Range(0, full).Select(index => new TensorInfo($"layers.{index}.weight", DType.BF16, [Rows, Columns])),
            .. rest > 0 ? [new TensorInfo("last.weight", DType.BF16, [rest, Columns])] : Array.Empty<TensorInfo>()]);
    }

    public Layout Layout { get; }

    /// <summary>Writes the model: random bytes, since neither positions nor times depend on what values mean.</summary>
    public void Write(string path)
    {
        var (random, bytes) = (new Random(1), new byte[Blocks.Size]);
        using var writer = new SafetensorsWriter(path, HeaderWriter.Create(Layout.Tensors));
        foreach (var tensor in Layout.Tensors)
        {
            for (var block = 0L; block < Blocks.CountOf(tensor); block++)
            {
                var part = bytes.AsSpan(0, Blocks.LengthOf(tensor, block));
                random.NextBytes(part);
                writer.Write(part);
            }
        }

        writer.Commit();
    }

    /// <summary>Positions drawn uniformly from the whole model.</summary>
    public Mask Draw(int count, Random random)
    {
        var drawn = new HashSet<long>(count);
        while (drawn.Count < count)
        {
            drawn.Add(random.NextInt64(Layout.Elements));
        }

        return Mask.Create(Layout, drawn.Order().GroupBy(position => (int)(position / (Columns * Rows)))
            .Select(group => new TensorMask(group.Key, group.Select(position => position % (Columns * Rows)).ToArray())));
    }

    /// <summary>New values for a mask.</summary>
    public static ReadOnlyMemory<byte>[] Values(Mask mask, Random random) => [.. mask.Tensors.Select(tensor =>
    {
        var values = new byte[tensor.Positions.Length * sizeof(ushort)];
        random.NextBytes(values);
        return (ReadOnlyMemory<byte>)values;
    })];
}
