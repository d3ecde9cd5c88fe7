using System.Runtime.InteropServices;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;

namespace FishCheckpoint.Fuzz.Frames;

/// <summary>The layout and the parent's state that frames are read with: every dtype, rows, several chunks and several blocks.</summary>
internal sealed class FrameWorld
{
    /// <summary>Makes the same state each time.</summary>
    /// <param name="small">Without what takes long: a store does much with each of its bytes.</param>
    public FrameWorld(bool small = false)
    {
        TensorInfo[] tensors =
        [
            new("w", DType.F32, [64, 100]), new("b", DType.BF16, [80, 64]), new("long", DType.I8, [small ? 40 : 40_000]),
            new("blocks", DType.F8E4M3, [small ? 50 : 1_050_000]),
            new("empty", DType.F32, [0, 3]), new("scalar", DType.I64, []),
                .. DTypes.All.Select(type => new TensorInfo($"of.{type}", type, [48])),
        ];
        Parent = MemoryModel.Random(new Random(20261125), tensors);
        Smooth(Parent.Tensors[0], Parent.Tensors[1]);
    }

    public MemoryModel Parent { get; }

    public Layout Layout => Parent.Layout;

    /// <summary>A few positions of each tensor.</summary>
    public Mask Few(int seed) => Draw(new Random(seed), (random, tensor) => (int)Math.Min(tensor.Units, random.Next(6)));

    /// <summary>All of one tensor.</summary>
    public Mask All(int tensor) => Mask.Dense(Layout, info => info.Name == Layout.Tensors[tensor].Name);

    /// <summary>Rows that are full, half full, or empty, as scores of gradients make them.</summary>
    public Mask InRows(int seed)
    {
        var random = new Random(seed);
        return Mask.Create(Layout, [new TensorMask(0, Rows(random, 64, 100)), new TensorMask(1, Rows(random, 80, 64))]);
    }

    /// <summary>Many positions at random.</summary>
    public Mask Many(int seed) => Draw(new Random(seed), (_, tensor) => (int)Math.Min(tensor.Units / 5, 600));

    /// <summary>A state in which the values on a mask have moved a little.</summary>
    public MemoryModel Moved(Mask mask, int seed, MemoryModel? from = null)
    {
        var (random, model) = (new Random(seed), (from ?? Parent).Copy());
        foreach (var part in mask.Tensors)
        {
            var unit = Layout.Tensors[part.Tensor].UnitSize;
            foreach (var position in part.Positions.Span)
            {
                model.Tensors[part.Tensor][position * unit] += (byte)(random.Next(4) == 0 ? random.Next(1, 256) : random.Next(1, 5));
            }
        }

        return model;
    }

    private Mask Draw(Random random, Func<Random, TensorInfo, int> count) => Mask.Create(Layout, Layout.Tensors.Select((tensor, index) =>
    {
        var (set, wanted) = (new SortedSet<long>(), count(random, tensor));
        while (set.Count < wanted)
        {
            set.Add(random.NextInt64(tensor.Units));
        }

        return new TensorMask(index, set.ToArray());
    }));

    private static long[] Rows(Random random, int rows, int width)
    {
        var positions = new List<long>();
        for (var row = 0; row < rows; row++)
        {
            var density = random.Next(3) switch { 0 => 1.0, 1 => random.NextDouble(), _ => 0 };
            positions.AddRange(
                Enumerable.Range(0, width).Where(column => random.NextDouble() < density * (column % 4 == 0 ? 1.5 : 0.7))
                .Select(column => ((long)row * width) + column));
        }

        return [.. positions];
    }

    private static void Smooth(byte[] wide, byte[] narrow)
    {
        var random = new Random(7);
        foreach (ref var value in MemoryMarshal.Cast<byte, float>(wide.AsSpan()))
        {
            value = (random.NextSingle() - 0.5f) * (random.NextSingle() + 0.01f);
        }

        foreach (ref var value in MemoryMarshal.Cast<byte, ushort>(narrow.AsSpan()))
        {
            value = (ushort)(BitConverter.SingleToUInt32Bits((random.NextSingle() - 0.5f) * (random.NextSingle() + 0.01f)) >> 16);
        }
    }
}
