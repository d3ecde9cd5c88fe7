using System.Buffers.Binary;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>A dtype of NumPy's, as it is pickled.</summary>
internal sealed class NumpyDtype(string code)
{
    public string Code => code;

    /// <summary>Whether its state said that it is little-endian, or that it has no order.</summary>
    public bool IsLittle { get; set; }
}

/// <summary>NumPy's scalars, which lists of Python's hold where a number came out of an array.</summary>
internal static class NumpyNumbers
{
    /// <summary>Reads a scalar.</summary>
    /// <returns><see langword="null"/> if it is of another kind than those of plain numbers.</returns>
    public static object? TryRead(NumpyDtype type, byte[] bytes) => (type.IsLittle, type.Code, bytes.Length) switch
    {
        (true, "i1", 1) => (long)(sbyte)bytes[0],
        (true, "u1", 1) => (long)bytes[0],
        (true, "b1", 1) => bytes[0] != 0,
        (true, "i2", 2) => (long)BinaryPrimitives.ReadInt16LittleEndian(bytes),
        (true, "u2", 2) => (long)BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        (true, "i4", 4) => (long)BinaryPrimitives.ReadInt32LittleEndian(bytes),
        (true, "u4", 4) => (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        (true, "i8", 8) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        (true, "f4", 4) => (double)BinaryPrimitives.ReadSingleLittleEndian(bytes),
        (true, "f8", 8) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        _ => null,
    };
}
