namespace FishCheckpoint.Codec;

/// <summary>
/// How a plane of bytes is written. The numbers are part of the format (docs/reference/format/blocks.md, "Byte planes of units"); the first
/// are those of <see cref="Compression"/>.
/// </summary>
internal enum PlaneForm : byte
{
    /// <summary>The bytes themselves.</summary>
    Stored = Compression.Stored,
    /// <summary>One LZ4 block.</summary>
    Lz4 = Compression.Lz4,
    /// <summary>One Zstandard frame.</summary>
    Zstd = Compression.Zstd,
    /// <summary>One Brotli stream; read, and never written: it takes longer than all else together.</summary>
    Brotli = Compression.Brotli,
    /// <summary>Symbols of one table.</summary>
    Symbols = 4,
    /// <summary>One byte that all of them are.</summary>
    Same = 5,
}
