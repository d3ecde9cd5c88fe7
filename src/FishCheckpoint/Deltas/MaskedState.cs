using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Deltas;

/// <summary>Gathers the values at a mask's positions from tensors in memory.</summary>
internal static class MaskedState
{
    /// <summary>Copies the masked values of every tensor of the mask. A trainer waits only for this copy when it saves.</summary>
    /// <param name="mask">The positions.</param>
    /// <param name="tensorBytes">Returns the bytes of a tensor, given its index in the layout.</param>
    /// <returns>The delta, with its own copy of the values.</returns>
    /// <exception cref="ArgumentException">A tensor's length differs from the layout.</exception>
    public static Delta Gather(Mask mask, TensorBytes tensorBytes)
    {
        var values = new ReadOnlyMemory<byte>[mask.Tensors.Count];
        for (var index = 0; index < values.Length; index++)
        {
            var tensor = mask.Tensors[index];
            var info = mask.Layout.Tensors[tensor.Tensor];
            var taken = new byte[tensor.Positions.Length * info.UnitSize];
            Units.Gather(Validate(tensorBytes(tensor.Tensor), info), tensor.Positions.Span, 0, info.UnitSize, taken);
            values[index] = taken;
        }

        return new Delta(mask, values);
    }

    private static ReadOnlySpan<byte> Validate(ReadOnlySpan<byte> bytes, TensorInfo info) => bytes.Length == info.Bytes
        ? bytes : throw new ArgumentException($"Tensor '{info.Name}' has {bytes.Length} bytes; the layout requires {info.Bytes}.");
}

/// <summary>Returns the current bytes of a tensor, given its index in the layout.</summary>
public delegate ReadOnlySpan<byte> TensorBytes(int tensor);
