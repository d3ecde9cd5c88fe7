using FishCheckpoint.Errors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Tensors;

/// <summary>Opens files for reading, and fills buffers from file offsets.</summary>
internal static class PositionalFile
{
    // On Windows, a file can be replaced or deleted only if every reader shares that.
    private const FileShare Shared = FileShare.ReadWrite | FileShare.Delete;

    /// <summary>
    /// Opens a file for positional reads. Others may write, replace and delete it meanwhile; reads of a replaced file continue with the old
    /// content.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="options">A hint about the access pattern. Default: none.</param>
    public static SafeFileHandle Open(string path, FileOptions options = FileOptions.None) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, Shared, options);

    /// <summary>Opens a file for sequential reads like <see cref="Open"/>, without a buffer.</summary>
    public static FileStream OpenStream(string path, FileOptions options = FileOptions.SequentialScan) =>
        new(path, FileMode.Open, FileAccess.Read, Shared, bufferSize: 0, options);

    /// <summary>Opens a file that a caller chose, like <see cref="OpenStream"/>.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>, <see cref="ErrorCode.FileUnreadable"/>: errors of the file,
    /// not of the store.</exception>
    public static FileStream OpenInput(string path)
    {
        try
        {
            return OpenStream(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FishException(ErrorCode.FileNotFound, path, "The file does not exist.",
                "Check the path, and that no other program removes the file.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FishException(ErrorCode.FileUnreadable, path, $"The file cannot be read: {error.Message}", "Check its permissions.",
                error);
        }
    }

    /// <summary>Fills a buffer from an offset in a file.</summary>
    /// <param name="handle">The open file.</param>
    /// <param name="offset">The offset of the first byte.</param>
    /// <param name="destination">Filled completely.</param>
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
                    ErrorCode.BodyTruncated, name, $"The file ends at byte {offset}; {destination.Length} more bytes are expected.",
                    "Copy or write it again.");
            }

            offset += read;
            destination = destination[read..];
        }
    }
}
