using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;

namespace FishCheckpoint.Training;

/// <summary>Composes two consecutive deltas into one.</summary>
internal static class DeltaComposer
{
    /// <summary>Returns the delta with the effect of both deltas, one after the other.</summary>
    /// <param name="first">A delta from some state.</param>
    /// <param name="second">A delta from the result of <paramref name="first"/>, on the same layout; its values win.</param>
    /// <returns>A delta with the parent of <paramref name="first"/>. Values of a tensor that only one delta has are not copied.</returns>
    /// <exception cref="ArgumentException">The layouts differ.</exception>
    public static Delta Compose(Delta first, Delta second)
    {
        if (first.Mask.Layout.Id != second.Mask.Layout.Id)
        {
            throw new ArgumentException("The deltas have different layouts.", nameof(second));
        }

        var later = second.Mask.Tensors.Select((tensor, index) => (tensor, second.Values[index])).ToDictionary(part => part.tensor.Tensor);
        var parts = new SortedDictionary<int, (TensorMask Tensor, ReadOnlyMemory<byte> Values)>();
        foreach (var (tensor, values) in later.Values)
        {
            parts.Add(tensor.Tensor, (tensor, values));
        }

        for (var index = 0; index < first.Mask.Tensors.Count; index++)
        {
            var tensor = first.Mask.Tensors[index];
            parts[tensor.Tensor] = later.TryGetValue(tensor.Tensor, out var over)
                ? Merge(tensor, first.Values[index], over.tensor, over.Item2, first.Mask.Layout.Tensors[tensor.Tensor].UnitSize)
                : (tensor, first.Values[index]);
        }

        return new Delta(
            Mask.Create(first.Mask.Layout, parts.Values.Select(part => part.Tensor)), [.. parts.Values.Select(part => part.Values)]);
    }

    private static (TensorMask Tensor, ReadOnlyMemory<byte> Values) Merge(
        TensorMask first, ReadOnlyMemory<byte> firstValues, TensorMask second, ReadOnlyMemory<byte> secondValues, int unit)
    {
        var left = first.Positions.Span;
        var right = second.Positions.Span;
        var positions = new long[left.Length + right.Length];
        var values = new byte[positions.Length * unit];
        var (count, i, j) = (0, 0, 0);
        while (i < left.Length || j < right.Length)
        {
            var takeSecond = i == left.Length || (j < right.Length && right[j] <= left[i]);
            i += takeSecond && i < left.Length && left[i] == right[j] ? 1 : 0;
            positions[count] = takeSecond ? right[j] : left[i];
            (takeSecond ? secondValues.Span.Slice(j * unit, unit) : firstValues.Span.Slice(i * unit, unit))
                .CopyTo(values.AsSpan(count * unit));
            (i, j) = takeSecond ? (i, j + 1) : (i + 1, j);
            count++;
        }

        return (new TensorMask(first.Tensor, positions.AsMemory(0, count)), values.AsMemory(0, count * unit));
    }
}
