namespace FishCheckpoint.Codec;

/// <summary>
/// The encoding of a byte plane. The numbers are part of the format (docs/reference/format/blocks.md, "Byte planes of units"); the first
/// ones are those of <see cref="Compression"/>.
/// </summary>
internal enum PlaneForm : byte
{
    /// <summary>The plain bytes.</summary>
    Stored = Compression.Stored,
    /// <summary>One LZ4 block.</summary>
    Lz4 = Compression.Lz4,
    /// <summary>One Zstandard frame.</summary>
    Zstd = Compression.Zstd,
    /// <summary>One Brotli stream. Supported for reading only, because it is slower than all other forms together.</summary>
    Brotli = Compression.Brotli,
    /// <summary>Symbols of one table.</summary>
    Symbols = 4,
    /// <summary>One byte value that fills the plane.</summary>
    Same = 5,
}
