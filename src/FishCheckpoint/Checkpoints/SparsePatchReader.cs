using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// Reads a sparse patch: for each changed tensor <c>NAME.indices</c> [n] (I32, I64, U32 or U64; flat, ascending) and <c>NAME.values</c> [n]
/// in the tensor's dtype (U8 for packed dtypes). Names and types are checked first, positions while they are read.
/// </summary>
internal sealed class SparsePatchReader : IDeltaReader
{
    /// <summary>The suffix of a tensor with positions.</summary>
    public const string IndicesSuffix = ".indices";

    /// <summary>The suffix of a tensor with new values.</summary>
    public const string ValuesSuffix = ".values";

    private const string Hint =
        "A sparse patch has NAME.indices [n] (I32, I64, U32, U64) and NAME.values [n] (the tensor's dtype) for each changed tensor.";

    private readonly SafetensorsFile file;
    private readonly Part[] parts;
    private readonly byte[] indices = new byte[DeltaChunk.Capacity * sizeof(long)];
    private int part;
    private long next;
    private long previous = -1;

    /// <summary>Checks a patch's header against a layout.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TensorUnknown"/>, <see cref="ErrorCode.DtypeMismatch"/>,
    /// <see cref="ErrorCode.ShapeMismatch"/>, <see cref="ErrorCode.PatchInvalid"/>.</exception>
    public SparsePatchReader(SafetensorsFile file, Layout layout)
    {
        (this.file, Layout) = (file, layout);
        var stored = file.Header.Tensors.ToDictionary(tensor => tensor.Info.Name, StringComparer.Ordinal);
        parts = [.. file.Header.Tensors.Where(tensor => tensor.Info.Name.EndsWith(IndicesSuffix, StringComparison.Ordinal))
            .Select(tensor => Match(tensor, stored)).Where(found => found.Count > 0).OrderBy(found => found.Tensor)];
        if (file.Header.Tensors.FirstOrDefault(tensor => !IsHalf(tensor.Info.Name, stored)) is { } stray)
        {
            throw new FishException(ErrorCode.PatchInvalid, stray.Info.Name, "The tensor is neither indices nor values.",
                Hint);
        }
    }

    /// <inheritdoc/>
    public Layout Layout { get; }

    /// <inheritdoc/>
    /// <exception cref="FishException"><see cref="ErrorCode.IndexUnsorted"/>, <see cref="ErrorCode.IndexRepeated"/>,
    /// <see cref="ErrorCode.IndexOutOfRange"/>.</exception>
    public bool Read(DeltaChunk chunk)
    {
        chunk.Reset(-1, 1);
        if (part == parts.Length)
        {
            return false;
        }

        var (current, info) = (parts[part], Layout.Tensors[parts[part].Tensor]);
        var count = (int)Math.Min(DeltaChunk.Capacity, current.Count - next);
        chunk.Reset(current.Tensor, info.UnitSize);
        chunk.Append(count, out var positions, out var values);
        ReadPositions(current, positions);
        Positions.Check(positions, info, previous);
        file.ReadData(current.Values + (next * info.UnitSize), values);
        (next, previous) = (next + count, positions[^1]);
        if (next == current.Count)
        {
            (part, next, previous) = (part + 1, 0, -1);
        }

        return true;
    }

    /// <summary>Checks the dtype of a tensor with values.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.DtypeMismatch"/>.</exception>
    internal static void CheckValues(TensorInfo values, TensorInfo tensor)
    {
        var expected = DTypes.BitsOf(tensor.Type) < 8 ? DType.U8 : tensor.Type;
        if (values.Type != expected)
        {
            throw new FishException(
                ErrorCode.DtypeMismatch, tensor.Name,
                $"The values have the dtype {DTypes.NameOf(values.Type)}; {DTypes.NameOf(expected)} is expected.", Hint);
        }
    }

    private static bool IsHalf(string name, Dictionary<string, StoredTensor> stored) =>
        (name.EndsWith(IndicesSuffix, StringComparison.Ordinal)
            && stored.ContainsKey(string.Concat(name.AsSpan(0, name.Length - IndicesSuffix.Length), ValuesSuffix)))
        || (name.EndsWith(ValuesSuffix, StringComparison.Ordinal)
            && stored.ContainsKey(string.Concat(name.AsSpan(0, name.Length - ValuesSuffix.Length), IndicesSuffix)));

    private Part Match(StoredTensor positions, Dictionary<string, StoredTensor> stored)
    {
        var name = positions.Info.Name[..^IndicesSuffix.Length];
        if (!Layout.TryIndexOf(name, out var tensor))
        {
            throw new FishException(ErrorCode.TensorUnknown, name, "The task layout has no such tensor.",
                "Send only tensors of the task layout.");
        }

        if (!stored.TryGetValue(name + ValuesSuffix, out var values))
        {
            throw new FishException(ErrorCode.PatchInvalid, name, "The indices have no values.", Hint);
        }

        CheckValues(values.Info, Layout.Tensors[tensor]);
        if (positions.Info.Type is not (DType.I32 or DType.I64 or DType.U32 or DType.U64))
        {
            throw new FishException(ErrorCode.PatchInvalid, name, $"The indices have the dtype {DTypes.NameOf(positions.Info.Type)}.",
                Hint);
        }

        if (positions.Info.Shape.Count != 1 || !positions.Info.Shape.SequenceEqual(values.Info.Shape))
        {
            throw new FishException(
                ErrorCode.ShapeMismatch, name,
                $"The indices have the shape {TensorInfo.ShapeText(positions.Info.Shape)}, "
                    + $"the values have {TensorInfo.ShapeText(values.Info.Shape)}.", Hint);
        }

        return new Part(tensor, positions.Info.Elements, positions.Info.Type, positions.Begin, values.Begin);
    }

    private void ReadPositions(Part current, Span<long> positions)
    {
        var size = DTypes.UnitSizeOf(current.IndexType);
        var bytes = indices.AsSpan(0, positions.Length * size);
        file.ReadData(current.Indices + (next * size), bytes);
        switch (current.IndexType)
        {
            case DType.I32: Widen(MemoryMarshal.Cast<byte, int>(bytes), positions); break;
            case DType.U32: Widen(MemoryMarshal.Cast<byte, uint>(bytes), positions); break;

            // An unsigned position above 2^63 becomes negative here and is refused as out of range.
            default: MemoryMarshal.Cast<byte, long>(bytes).CopyTo(positions); break;
        }
    }

    private static void Widen(ReadOnlySpan<int> indices, Span<long> positions)
    {
        var index = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; index <= positions.Length - Vector256<int>.Count; index += Vector256<int>.Count)
            {
                var (lower, upper) = Vector256.Widen(Vector256.LoadUnsafe(in indices[index]));
                lower.StoreUnsafe(ref positions[index]);
                upper.StoreUnsafe(ref positions[index + Vector256<long>.Count]);
            }
        }

        for (; index < positions.Length; index++)
        {
            positions[index] = indices[index];
        }
    }

    private static void Widen(ReadOnlySpan<uint> indices, Span<long> positions)
    {
        for (var index = 0; index < positions.Length; index++)
        {
            positions[index] = indices[index];
        }
    }

    private readonly record struct Part(int Tensor, long Count, DType IndexType, long Indices, long Values);
}
