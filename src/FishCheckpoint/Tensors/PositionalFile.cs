using FishCheckpoint.Errors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Tensors;

/// <summary>Whole reads by position.</summary>
public static class PositionalFile
{
    /// <summary>Fills a buffer from a place in a file.</summary>
    /// <param name="handle">The open file.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="destination">Filled entirely.</param>
    /// <param name="name">The file's name, for errors.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.BodyTruncated"/>: the file ends before the buffer is full.</exception>
    public static void ReadExactly(SafeFileHandle handle, long offset, Span<byte> destination, string name)
    {
        while (destination.Length > 0)
        {
            var read = RandomAccess.Read(handle, destination, offset);
            if (read == 0)
            {
                throw new FishException(
                    ErrorCode.BodyTruncated, name, $"The file ends at byte {offset}, {destination.Length} bytes early.", "Copy or write it again.");
            }

            offset += read;
            destination = destination[read..];
        }
    }
}
