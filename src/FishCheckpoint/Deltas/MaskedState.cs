using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Deltas;

/// <summary>Takes the values at a mask's positions out of tensors that are in memory.</summary>
internal static class MaskedState
{
    /// <summary>Copies the masked values of every tensor of the mask: the one thing that a trainer waits for when it saves.</summary>
    /// <param name="mask">The positions.</param>
    /// <param name="tensorBytes">The bytes of a tensor by its index in the layout.</param>
    /// <returns>The delta, with values of its own.</returns>
    /// <exception cref="ArgumentException">A tensor has another length than the layout says.</exception>
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
        ? bytes : throw new ArgumentException($"Tensor '{info.Name}' has {bytes.Length} bytes where the layout says {info.Bytes}.");
}

/// <summary>Gives the current bytes of a tensor, by its index in the layout.</summary>
public delegate ReadOnlySpan<byte> TensorBytes(int tensor);
