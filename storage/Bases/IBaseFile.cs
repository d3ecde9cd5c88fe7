using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Bases;

/// <summary>An open file of a base, whichever way its blocks are written. What it gives is not checked: whoever reads compares
/// checksums.</summary>
internal interface IBaseFile : IDisposable
{
    /// <summary>Reads a block.</summary>
    /// <param name="type">The dtype of its tensor.</param>
    /// <param name="offset">Where it begins in the model's data, in bytes.</param>
    /// <param name="index">Its number among the file's blocks.</param>
    /// <param name="destination">Filled entirely.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.BodyTruncated"/>, <see cref="ErrorCode.CorruptFrame"/>: the file is
    /// damaged.</exception>
    void ReadBlock(DType type, long offset, int index, Span<byte> destination);
}

/// <summary>A file as it was sent.</summary>
internal sealed class PlainBaseFile(SafetensorsFile file) : IBaseFile
{
    public void ReadBlock(DType type, long offset, int index, Span<byte> destination) => file.ReadData(offset, destination);

    public void Dispose() => file.Dispose();
}

/// <summary>Opens a base's file. The file itself tells how it is written: a store may hold both, and a base that is added again may change
/// from one to the other.</summary>
internal static class BaseFiles
{
    public static IBaseFile Open(string path, SafetensorsHeader header)
    {
        if (CompressedBaseFile.TryOpen(path, header) is { } dense)
        {
            return dense;
        }

        try
        {
            return new PlainBaseFile(SafetensorsFile.Open(path, header));
        }
        catch (FishException)
        {
            // It may have been added again just now.
            if (CompressedBaseFile.TryOpen(path, header) is { } changed)
            {
                return changed;
            }

            throw;
        }
    }
}
