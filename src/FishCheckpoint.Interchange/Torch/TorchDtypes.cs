using System.Collections.Frozen;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>PyTorch's names of storage classes and dtypes.</summary>
internal static class TorchDtypes
{
    private static readonly FrozenDictionary<string, (DType? Type, int Size)> Storages =
        new Dictionary<string, (DType?, int)>(StringComparer.Ordinal)
    {
        ["FloatStorage"] = (DType.F32, 4), ["DoubleStorage"] = (DType.F64, 8), ["HalfStorage"] = (DType.F16, 2),
        ["BFloat16Storage"] = (DType.BF16, 2),
        ["LongStorage"] = (DType.I64, 8), ["IntStorage"] = (DType.I32, 4), ["ShortStorage"] = (DType.I16, 2),
        ["CharStorage"] = (DType.I8, 1),
        ["ByteStorage"] = (DType.U8, 1), ["BoolStorage"] = (DType.Bool, 1), ["ComplexFloatStorage"] = (DType.C64, 8),
        ["ComplexDoubleStorage"] = (null, 16),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, DType> Dtypes = new Dictionary<string, DType>(StringComparer.Ordinal)
    {
        ["float32"] = DType.F32, ["float64"] = DType.F64, ["float16"] = DType.F16, ["bfloat16"] = DType.BF16, ["int64"] = DType.I64,
        ["int32"] = DType.I32,
        ["int16"] = DType.I16, ["int8"] = DType.I8, ["uint8"] = DType.U8, ["bool"] = DType.Bool, ["complex64"] = DType.C64,
        ["uint16"] = DType.U16, ["uint32"] = DType.U32,
        ["uint64"] = DType.U64, ["float8_e4m3fn"] = DType.F8E4M3, ["float8_e5m2"] = DType.F8E5M2, ["float8_e8m0fnu"] = DType.F8E8M0,
        ["float8_e4m3fnuz"] = DType.F8E4M3Fnuz, ["float8_e5m2fnuz"] = DType.F8E5M2Fnuz,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<DType, string> Names = Dtypes.ToFrozenDictionary(row => row.Value, row => row.Key);

    /// <summary>The dtype and element size of a storage class such as <c>FloatStorage</c>.</summary>
    public static bool TryStorage(string name, out (DType? Type, int Size) found) => Storages.TryGetValue(name, out found);

    /// <summary>The dtype of a name such as <c>float32</c>.</summary>
    public static bool TryDtype(string name, out DType type) => Dtypes.TryGetValue(name, out type);

    /// <summary>The name of a dtype without its module; <see langword="null"/> if PyTorch does not have it.</summary>
    public static string? NameOf(DType type) => Names.GetValueOrDefault(type);
}
