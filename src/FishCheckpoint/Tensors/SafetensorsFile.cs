using FishCheckpoint.Errors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Tensors;

/// <summary>
/// A safetensors file of any size, opened for reading. Its header is parsed once; its data is read by position into the caller's buffers.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly SafeFileHandle handle;

    private SafetensorsFile(string path, SafeFileHandle handle, SafetensorsHeader header)
    {
        (Path, this.handle, Header) = (path, handle, header);
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>The checked header.</summary>
    public SafetensorsHeader Header { get; }

    /// <summary>Opens and checks a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="maxHeaderLength">The longest header accepted, in bytes.</param>
    /// <exception cref="FishException">The file is missing, or the code of the header's error.</exception>
    public static SafetensorsFile Open(string path, int maxHeaderLength = SafetensorsHeader.MaxLength)
    {
        var opened = OpenHandle(path);
        try
        {
            return new SafetensorsFile(path, opened, ReadHeader(opened, System.IO.Path.GetFileName(path), maxHeaderLength));
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file whose header is known. The header is compared, not parsed.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="header">The expected header, compared byte for byte.</param>
    /// <exception cref="FishException">The file is missing, its length differs (<see cref="ErrorCode.HeaderDataMismatch"/>), or its header
    /// differs (<see cref="ErrorCode.HeaderInvalidJson"/>).</exception>
    public static SafetensorsFile Open(string path, SafetensorsHeader header)
    {
        var opened = OpenHandle(path);
        try
        {
            var length = RandomAccess.GetLength(opened);
            if (length != header.FileLength)
            {
                throw new FishException(
                    ErrorCode.HeaderDataMismatch, path, $"The file has {length} bytes; {header.FileLength} are expected.",
                    "Copy or write it again.");
            }

            var (found, expected) = (new byte[header.DataStart], header.ToFileBytes());
            PositionalFile.ReadExactly(opened, 0, found, path);
            return found.AsSpan().SequenceEqual(expected) ? new SafetensorsFile(path, opened, header)
                : throw new FishException(ErrorCode.HeaderInvalidJson, path, "The header differs from the expected one.",
                    "Copy or write it again.");
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Reads data bytes.</summary>
    /// <param name="offset">Relative to the start of the data.</param>
    /// <param name="destination">Filled completely.</param>
    public void ReadData(long offset, Span<byte> destination) =>
        PositionalFile.ReadExactly(handle, Header.DataStart + offset, destination, Path);

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private static SafeFileHandle OpenHandle(string path)
    {
        try
        {
            return PositionalFile.Open(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FishException(ErrorCode.FileNotFound, path, "The file does not exist.", "Check the path.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FishException(ErrorCode.FileUnreadable, path, $"The file cannot be read: {error.Message}", "Check its permissions.",
                error);
        }
    }

    private static SafetensorsHeader ReadHeader(SafeFileHandle handle, string file, int maxHeaderLength)
    {
        var length = RandomAccess.GetLength(handle);
        Span<byte> start = stackalloc byte[FileKind.Length];
        start = start[..RandomAccess.Read(handle, start, 0)];
        if (FileKind.Of(start) is var (cause, hint))
        {
            throw new FishException(ErrorCode.NotSafetensors, file, cause, hint);
        }

        var headerLength =
            HeaderParser.ReadLength(start[..Math.Min(start.Length, SafetensorsHeader.PrefixLength)], length, file, maxHeaderLength);
        var json = new byte[headerLength];
        PositionalFile.ReadExactly(handle, SafetensorsHeader.PrefixLength, json, file);
        return HeaderParser.Parse(json, file, length - SafetensorsHeader.PrefixLength - headerLength);
    }
}
