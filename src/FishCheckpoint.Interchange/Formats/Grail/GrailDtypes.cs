using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Grail;

/// <summary>The format's names of dtypes.</summary>
internal static class GrailDtypes
{
    public const string UInt8 = "uint8";
    public const string UInt16 = "uint16";
    public const string Int32 = "int32";

    /// <summary>The name of a dtype of values; <see langword="null"/> if the format does not support it.</summary>
    public static string? NameOf(DType type) => type is DType.BF16 or DType.F16 or DType.F32 ? TorchDtypes.NameOf(type) : null;

    /// <summary>Bytes of a row or column.</summary>
    public static int WidthOf(string name) => name switch { UInt8 => 1, UInt16 => 2, _ => 4 };

    /// <summary>The narrowest dtype for the largest number; the format has no one-byte columns.</summary>
    public static string For(long largest, bool isRow) =>
        largest switch { <= 255 when isRow => UInt8, <= ushort.MaxValue => UInt16, _ => Int32 };

    public static void Check(string name, string key)
    {
        if (name is not (UInt8 or UInt16 or Int32))
        {
            throw JsonFile.Fail(key, $"'{(name.Length <= 40 ? name : name[..40])}' is not a dtype of rows and columns.");
        }
    }
}
