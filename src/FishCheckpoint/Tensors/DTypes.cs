using System.Collections.Frozen;

namespace FishCheckpoint.Tensors;

/// <summary>Name and width of each <see cref="DType"/>.</summary>
internal static class DTypes
{
    private static readonly (DType Type, string Name, int Bits)[] Table =
    [
        (DType.Bool, "BOOL", 8), (DType.F4, "F4", 4), (DType.F6E2M3, "F6_E2M3", 6), (DType.F6E3M2, "F6_E3M2", 6),
        (DType.U8, "U8", 8), (DType.I8, "I8", 8), (DType.F8E5M2, "F8_E5M2", 8), (DType.F8E4M3, "F8_E4M3", 8),
        (DType.F8E8M0, "F8_E8M0", 8), (DType.F8E4M3Fnuz, "F8_E4M3FNUZ", 8), (DType.F8E5M2Fnuz, "F8_E5M2FNUZ", 8),
        (DType.I16, "I16", 16), (DType.U16, "U16", 16), (DType.F16, "F16", 16), (DType.BF16, "BF16", 16),
        (DType.I32, "I32", 32), (DType.U32, "U32", 32), (DType.F32, "F32", 32), (DType.C64, "C64", 64),
        (DType.F64, "F64", 64), (DType.I64, "I64", 64), (DType.U64, "U64", 64),
    ];

    private static readonly FrozenDictionary<string, DType> ByName = Table.ToFrozenDictionary(row => row.Name, row => row.Type);

    /// <summary>All dtypes, in the format's order.</summary>
    public static IEnumerable<DType> All => Table.Select(row => row.Type);

    /// <summary>The name in a safetensors header, such as <c>BF16</c>.</summary>
    public static string NameOf(DType type) => Table[(int)type].Name;

    /// <summary>Bits per element.</summary>
    public static int BitsOf(DType type) => Table[(int)type].Bits;

    /// <summary>
    /// Bytes per addressable unit: an element, or one byte if elements share bytes (<see cref="DType.F4"/>, <see cref="DType.F6E2M3"/>,
    /// <see cref="DType.F6E3M2"/>). Positions of masks and deltas count these units.
    /// </summary>
    public static int UnitSizeOf(DType type) => Math.Max(1, BitsOf(type) / 8);

    /// <summary>Parses the name in a safetensors header.</summary>
    public static bool TryParse(string name, out DType type) => ByName.TryGetValue(name, out type);
}
