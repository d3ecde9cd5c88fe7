using System.Buffers.Binary;

namespace FishCheckpoint.Tensors;

/// <summary>Recognizes files that are not safetensors files by their first bytes.</summary>
internal static class FileKind
{
    /// <summary>The number of bytes that suffice.</summary>
    public const int Length = 512;

    private const int TarMagic = 257;

    /// <summary>The file's actual type and what to do; <see langword="null"/> if it may be a safetensors file.</summary>
    /// <param name="start">The file's first <see cref="Length"/> bytes, or all of a shorter file.</param>
    public static (string Cause, string Hint)? Of(ReadOnlySpan<byte> start) =>
        start.Length == 0 ? ("The file is empty.", "Copy or download it again.")
        // The length prefix may resemble another format's signature, but no other format has a brace next.
        : start.Length > SafetensorsHeader.PrefixLength && BinaryPrimitives.ReadUInt64LittleEndian(start) <= SafetensorsHeader.MaxLength
            && start[SafetensorsHeader.PrefixLength..].TrimStart(" \t\r\n"u8) is [(byte)'{', ..] ? null
        : start.StartsWith("version https://git-lfs"u8)
        ? ("The file is a Git LFS pointer, not the model.", "Fetch the model: git lfs pull.")
        : IsHtml(start)
        ? ("The file is an HTML page, probably a login or error page.",
            "Download the file again, with a token if the site requires one.")
        : start.StartsWith("GGUF"u8) ? Other("a GGUF file", "Convert it to safetensors.")
        : start.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) ? Other("compressed with gzip", "Unpack it first: gunzip.")
        : start.StartsWith((ReadOnlySpan<byte>)[(byte)'P', (byte)'K', 3, 4])
        ? Other("a zip archive", "Unpack it; fishckpt reads PyTorch files.")
        : start.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) ? Other("compressed with Zstandard", "Unpack it first: zstd -d.")
        : start.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0])
        ? Other("compressed with xz", "Unpack it first: xz -d.")
        : start.StartsWith((ReadOnlySpan<byte>)[(byte)'7', (byte)'z', 0xbc, 0xaf]) ? Other("a 7z archive", "Unpack it first.")
        : start.StartsWith("BZh"u8) ? Other("compressed with bzip2", "Unpack it first: bunzip2.")
        : start.Length >= TarMagic + 5 && start[TarMagic..].StartsWith("ustar"u8) ? Other("a tar archive", "Unpack it first: tar -xf.")
        : start.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'H', (byte)'D', (byte)'F'])
        ? Other("an HDF5 file", "Convert it to safetensors.")
        : start.StartsWith((ReadOnlySpan<byte>)[0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'])
        ? Other("a NumPy file", "Convert it to safetensors.")
        : start.Length >= 2 && start[0] == 0x80 && start[1] is >= 2 and <= 5
        ? Other("a pickle, as PyTorch writes", "Save it with fishckpt, which reads PyTorch files, or convert it to safetensors.")
        : IsText(start) ? Other("text", "Download or write the file again.")
        : null;

    private static (string, string) Other(string what, string hint) => ($"The file is {what}, not a safetensors file.", hint);

    private static bool IsHtml(ReadOnlySpan<byte> start)
    {
        var text = System.Text.Encoding.Latin1.GetString(start).TrimStart('\u00ef', '\u00bb', '\u00bf', ' ', '\t', '\r', '\n');
        return text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("<?xml", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<head", StringComparison.OrdinalIgnoreCase);
    }

    // The length of a header has a zero among its eight bytes: no header is longer than 2^56.
    private static bool IsText(ReadOnlySpan<byte> start)
    {
        foreach (var letter in start[..Math.Min(start.Length, SafetensorsHeader.PrefixLength * 4)])
        {
            if (letter is < 0x20 and not ((byte)'\t' or (byte)'\r' or (byte)'\n') or 0x7f)
            {
                return false;
            }
        }

        return start.Length >= SafetensorsHeader.PrefixLength;
    }
}
