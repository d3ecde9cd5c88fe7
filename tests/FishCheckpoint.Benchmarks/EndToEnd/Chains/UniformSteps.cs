using System.Runtime.InteropServices;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;

namespace FishCheckpoint.Benchmarks.EndToEnd.Chains;

/// <summary>
/// Synthetic: 2% of all positions, drawn uniformly anew each step, the worst that masks can be; nothing of one step comes again in the next. Values move by a few units of
/// their last place, or are drawn anew, which nothing can tell in fewer bits.
/// </summary>
internal sealed class UniformSteps : ISteps
{
    private const int Side = 512;
    private const int Tensors = 2;

    private readonly SeededRandom random = new(11);
    private readonly byte[][] data;
    private readonly DType type;
    private readonly int moves;

    /// <param name="type">BF16 or F32.</param>
    /// <param name="moves">How far a value moves at most, in units of its last place; 0: it is drawn anew.</param>
    public UniformSteps(DType type, int moves)
    {
        (this.type, this.moves) = (type, moves);
        Layout = new Layout([.. Enumerable.Range(0, Tensors).Select(index => new TensorInfo($"layers.{index}.weight", type, [Side, Side]))]);
        data = [.. Layout.Tensors.Select(tensor => new byte[tensor.Bytes])];
        for (var tensor = 0; tensor < Tensors; tensor++)
        {
            for (var index = 0; index < Side * Side; index++)
            {
                Set(tensor, index, Bits((float)(random.NextGaussian() * 0.02)));
            }
        }
    }

    public string Name => $"uniform, {type}: {(moves == 0 ? "values drawn anew" : $"values moved by up to {moves} units in the last place")} (synthetic)";

    public Layout Layout { get; }

    public ReadOnlySpan<byte> BytesOf(int tensor) => data[tensor];

    public Delta Next()
    {
        var masks = new List<TensorMask>();
        for (var tensor = 0; tensor < Tensors; tensor++)
        {
            var positions = new SortedSet<long>();
            while (positions.Count < Side * Side / 50)
            {
                positions.Add(random.Below(Side * Side));
            }

            foreach (var position in positions)
            {
                Move(tensor, (int)position);
            }

            masks.Add(new TensorMask(tensor, positions.ToArray()));
        }

        return MaskedState.Gather(Mask.Create(Layout, masks), tensor => data[tensor]);
    }

    private void Move(int tensor, int index)
    {
        var by = 1 + random.Below(Math.Max(1, moves));
        Set(tensor, index, moves == 0 ? Bits((float)(random.NextGaussian() * 0.02)) : (uint)(Get(tensor, index) + (random.Below(2) == 0 ? by : -by)));
    }

    private uint Bits(float value) => type == DType.F32 ? BitConverter.SingleToUInt32Bits(value) : BitConverter.SingleToUInt32Bits(value) >> 16;

    private uint Get(int tensor, int index) => type == DType.F32
        ? MemoryMarshal.Cast<byte, uint>(data[tensor].AsSpan())[index] : MemoryMarshal.Cast<byte, ushort>(data[tensor].AsSpan())[index];

    private void Set(int tensor, int index, uint bits)
    {
        if (type == DType.F32)
        {
            MemoryMarshal.Cast<byte, uint>(data[tensor].AsSpan())[index] = bits;
        }
        else
        {
            MemoryMarshal.Cast<byte, ushort>(data[tensor].AsSpan())[index] = (ushort)bits;
        }
    }
}
