using FishCheckpoint.Errors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Tensors;

/// <summary>Opens files for reading, and reads whole buffers by position.</summary>
internal static class PositionalFile
{
    // Windows lets nobody replace or delete a file while one who reads it does not share that.
    private const FileShare Shared = FileShare.ReadWrite | FileShare.Delete;

    /// <summary>
    /// Opens a file for reading by position. Others may write, replace and delete it meanwhile; a replaced file is read on as it was.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="options">A hint to the system of how the file is read. Default: none.</param>
    public static SafeFileHandle Open(string path, FileOptions options = FileOptions.None) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, Shared, options);

    /// <summary>Opens a file for reading from its beginning, as <see cref="Open"/> does, without a buffer.</summary>
    public static FileStream OpenStream(string path, FileOptions options = FileOptions.SequentialScan) =>
        new(path, FileMode.Open, FileAccess.Read, Shared, bufferSize: 0, options);

    /// <summary>Opens a file that a caller named, as <see cref="OpenStream"/> does.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>, <see cref="ErrorCode.FileUnreadable"/>: the file is at fault,
    /// no other part of the system.</exception>
    public static FileStream OpenInput(string path)
    {
        try
        {
            return OpenStream(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FishException(ErrorCode.FileNotFound, path, "The file does not exist.",
                "Check the path, and that nothing removes the file meanwhile.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FishException(ErrorCode.FileUnreadable, path, $"It cannot be read: {error.Message}", "Check its permissions.", error);
        }
    }

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
                    ErrorCode.BodyTruncated, name, $"The file ends at byte {offset}, {destination.Length} bytes early.",
                    "Copy or write it again.");
            }

            offset += read;
            destination = destination[read..];
        }
    }
}
