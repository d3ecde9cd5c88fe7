using FishCheckpoint.Codec;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Codec.Dense;
using FishCheckpoint.Tests.Support;

namespace FishCheckpoint.Tests.Codec;

/// <summary>Models, masks and steps of training in several styles, so that the encoders choose each of their forms.</summary>
internal static class DrawnModels
{
    private const int Width = 96;

    private static readonly DType[] Types =
    [
        DType.BF16, DType.F32, DType.F16, DType.F64, DType.I8, DType.F8E4M3, DType.F8E5M2, DType.I64, DType.C64, DType.F4, DType.Bool,
    ];

    /// <summary>A tensor of the style's dtype, with rows or without, a small vector, and a matrix of floats.</summary>
    public static MemoryModel Draw(Random random, int style)
    {
        var rows = random.Next(43, 60);
        var layout = new Layout(
        [
            new TensorInfo("tensor", Types[style % Types.Length], style % 3 == 0 ? [rows * Width] : [rows, Width]),
            new TensorInfo("vector", DType.BF16, [300]), new TensorInfo("floats", DType.F32, [55, Width]),
        ]);
        return new MemoryModel(layout, [.. layout.Tensors.Select(tensor => Drawn.Weights(tensor.Type, (int)tensor.Units, random))]);
    }

    /// <summary>Positions: a few, some, most or all; of some rows; more of small values; in pairs, or by row and column.</summary>
    public static Mask Choose(Random random, MemoryModel model, int style)
    {
        double[] rows = [.. Enumerable.Range(0, 128).Select(_ => 2 * random.NextDouble() * random.NextDouble())];
        double[] columns = [.. Enumerable.Range(0, 128).Select(_ => 2 * random.NextDouble() * random.NextDouble())];
        var kind = style % 7;
        return Mask.Create(model.Layout, model.Layout.Tensors.Select((tensor, index) => new TensorMask(
            index,
            Enumerable.Range(0, (int)tensor.Units).Where(unit => random.NextDouble() < Chance(tensor, model.Tensors[index], unit))
                .Select(unit => (long)unit).ToArray())));

        double Chance(TensorInfo tensor, byte[] bytes, int unit) => kind switch
        {
            0 => 0.002, 1 => 0.06, 2 => 0.7, 3 => 1,
            4 => unit / Width % 3 == 1 ? 0.4 : 0,
            5 => 4.0 / (1 + (bytes[((unit + 1) * tensor.UnitSize) - 1] & 0x7F)) + (bytes[unit * tensor.UnitSize] % 4 * 0.1),
            _ when tensor.RowLength == 0 => (unit % 12) - (int)(4 * columns[unit / 12 % 128]) is 0 or 1 ? 1 : 0,
            _ => rows[unit / Width] * (columns[unit % Width] > 0.5 ? 1 : 0.03),
        };
    }

    /// <summary>A step: a little up or down, mostly one way in each row, farther in some units, to other weights, or to any bits.</summary>
    public static MemoryModel Move(Random random, MemoryModel model, Mask mask, int style)
    {
        var moved = model.Copy();
        foreach (var tensor in mask.Tensors)
        {
            var info = model.Layout.Tensors[tensor.Tensor];
            var (bytes, unit, drawn) = (moved.Tensors[tensor.Tensor], info.UnitSize, Drawn.Weights(info.Type, (int)info.Units, random));
            foreach (var position in tensor.Positions.Span)
            {
                var value = bytes.AsSpan((int)position * unit, unit);
                var row = position / Width;
                switch (style % 5)
                {
                    case 0: Go(info.Type, value, (2 * random.Next(1, 3)) - random.Next(2)); break;
                    case 1: Go(info.Type, value, (2 * random.Next(1, 3)) - (random.Next(10) < (row % 2 == 0 ? 1 : 9) ? 1 : 0)); break;
                    case 2: Go(info.Type, value, Far(random)); break;
                    case 3: drawn.AsSpan((int)position * unit, unit).CopyTo(value); break;
                    default: random.NextBytes(value); break;
                }
            }
        }

        return moved;
    }

    private static long Far(Random random) => (random.Next(9) > 0 ? 2 : 100) * (long)Math.Min(99, 1 / (1 - random.NextDouble()));

    private static void Go(DType type, Span<byte> value, long zigzag)
    {
        Span<byte> distance = stackalloc byte[sizeof(long)];
        BitConverter.TryWriteBytes(distance, zigzag);
        Ulp.Apply(type, value, distance[..value.Length], value);
    }
}
