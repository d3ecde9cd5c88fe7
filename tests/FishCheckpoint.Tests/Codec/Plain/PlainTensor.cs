namespace PlainFormat;

/// <summary>A tensor of a layout.</summary>
internal sealed record PlainTensor(string Name, string DType, long[] Shape)
{
    // In the order of their numbers, with their bits.
    private static readonly (string Name, int Bits)[] DTypes =
    [
        ("BOOL", 8), ("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("U8", 8), ("I8", 8), ("F8_E5M2", 8), ("F8_E4M3", 8), ("F8_E8M0", 8),
        ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8), ("I16", 16), ("U16", 16), ("F16", 16), ("BF16", 16), ("I32", 32), ("U32", 32), ("F32", 32),
        ("C64", 64), ("F64", 64), ("I64", 64), ("U64", 64),
    ];

    public int Number => Array.FindIndex(DTypes, type => type.Name == DType);

    /// <summary>Bytes of a unit.</summary>
    public int Unit => Math.Max(1, DTypes[Number].Bits / 8);

    public int Bits => 8 * Unit;

    public long Units => Shape.Aggregate(1L, (product, dimension) => product * dimension) * DTypes[Number].Bits / 8 / Unit;
}
