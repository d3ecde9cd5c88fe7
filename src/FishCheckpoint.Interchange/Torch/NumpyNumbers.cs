using System.Buffers.Binary;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>A pickled NumPy dtype.</summary>
internal sealed class NumpyDtype(string code)
{
    public string Code => code;

    /// <summary>Whether its state declares little-endian or no byte order.</summary>
    public bool IsLittle { get; set; }
}

/// <summary>NumPy scalars, which Python lists contain when a number comes from an array.</summary>
internal static class NumpyNumbers
{
    /// <summary>Reads a scalar.</summary>
    /// <returns><see langword="null"/> if it is not a plain number.</returns>
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
