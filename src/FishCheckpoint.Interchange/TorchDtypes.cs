using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange;

/// <summary>How PyTorch spells dtypes, without its own name before them.</summary>
internal static class TorchDtypes
{
    private static readonly (DType Type, string Name)[] Table =
    [
        (DType.Bool, "bool"), (DType.U8, "uint8"), (DType.I8, "int8"), (DType.I16, "int16"), (DType.U16, "uint16"), (DType.F16, "float16"), (DType.BF16, "bfloat16"),
        (DType.I32, "int32"), (DType.U32, "uint32"), (DType.F32, "float32"), (DType.F64, "float64"), (DType.I64, "int64"), (DType.U64, "uint64"),
        (DType.F8E4M3, "float8_e4m3fn"), (DType.F8E5M2, "float8_e5m2"), (DType.F8E8M0, "float8_e8m0fnu"), (DType.F8E4M3Fnuz, "float8_e4m3fnuz"), (DType.F8E5M2Fnuz, "float8_e5m2fnuz"),
        (DType.C64, "complex64"),
    ];

    /// <summary>The spelling; <see langword="null"/> where PyTorch has no such dtype.</summary>
    public static string? NameOf(DType type) => Array.Find(Table, row => row.Type == type).Name;

    /// <summary>Whether a spelling is that of a dtype.</summary>
    public static bool Is(string name, DType type) => NameOf(type) == name || $"torch.{NameOf(type)}" == name;
}
