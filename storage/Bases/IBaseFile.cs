using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Bases;

/// <summary>An open file of a base in any form. It does not verify what it reads: the caller compares checksums.</summary>
internal interface IBaseFile : IDisposable
{
    /// <summary>Reads a block.</summary>
    /// <param name="type">The dtype of its tensor.</param>
    /// <param name="offset">The start of the block in the model's data, in bytes.</param>
    /// <param name="index">The number of the block in the file.</param>
    /// <param name="destination">Filled entirely.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.BodyTruncated"/>, <see cref="ErrorCode.CorruptFrame"/>: the file is
    /// damaged.</exception>
    void ReadBlock(DType type, long offset, int index, Span<byte> destination);
}

/// <summary>A base's file as sent.</summary>
internal sealed class PlainBaseFile(SafetensorsFile file) : IBaseFile
{
    public void ReadBlock(DType type, long offset, int index, Span<byte> destination) => file.ReadData(offset, destination);

    public void Dispose() => file.Dispose();
}

/// <summary>
/// Opens a base's file in the form that the file itself shows: a store may have both, and adding a base again may change it.
/// </summary>
internal static class BaseFiles
{
    public static IBaseFile Open(string path, SafetensorsHeader header)
    {
        if (CompressedBaseFile.TryOpen(path, header) is { } compressed)
        {
            return compressed;
        }

        try
        {
            return new PlainBaseFile(SafetensorsFile.Open(path, header));
        }
        catch (FishException)
        {
            // Another process may have just replaced the file.
            if (CompressedBaseFile.TryOpen(path, header) is { } changed)
            {
                return changed;
            }

            throw;
        }
    }
}
