using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>The compression libraries of the system, for whoever asks what is installed.</summary>
public static partial class CompressionLibraries
{
    /// <summary>The version of <c>liblz4.so.1</c>; <see langword="null"/> where it is not found.</summary>
    public static string? Lz4Version => Codec.Lz4.IsAvailable ? Marshal.PtrToStringUTF8(AskLz4()) : null;

    /// <summary>The version of <c>libzstd.so.1</c>; <see langword="null"/> where it is not found.</summary>
    public static string? ZstdVersion => Codec.Zstd.IsAvailable ? Marshal.PtrToStringUTF8(AskZstd()) : null;

    [LibraryImport("liblz4.so.1", EntryPoint = "LZ4_versionString")]
    private static partial nint AskLz4();

    [LibraryImport("libzstd.so.1", EntryPoint = "ZSTD_versionString")]
    private static partial nint AskZstd();
}
