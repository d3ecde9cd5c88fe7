using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Tests.Training;

/// <summary>Masks as lists that can be compared.</summary>
internal static class MaskPositions
{
    public static (int Tensor, long Position)[] Flat(this Mask mask) =>
        [.. mask.Tensors.SelectMany(tensor => tensor.Positions.ToArray().Select(position => (tensor.Tensor, position)))];

    /// <summary>A mask that holds some of each tensor: none, few or all.</summary>
    public static Mask Draw(Layout layout, Random random) => Mask.Create(layout, layout.Tensors.Select((tensor, index) => new TensorMask(
        index, Draw(tensor.Units, random.Next(4) switch { 0 => 0, 1 => 1, _ => random.NextDouble() }, random))));

    private static long[] Draw(long units, double density, Random random)
    {
        var positions = new List<long>();
        for (var position = 0L; position < units; position++)
        {
            if (random.NextDouble() < density)
            {
                positions.Add(position);
            }
        }

        return [.. positions];
    }
}
