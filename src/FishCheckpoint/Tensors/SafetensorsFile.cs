using FishCheckpoint.Errors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Tensors;

/// <summary>A safetensors file of any size, opened for reading: its header parsed once, its data read by position into the caller's buffers.</summary>
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
    /// <param name="maxHeaderLength">The longest header taken, in bytes.</param>
    /// <exception cref="FishException">The file is missing, or a code for each way a header can lie.</exception>
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

    /// <summary>Reads bytes of the data.</summary>
    /// <param name="offset">Relative to the start of the data.</param>
    /// <param name="destination">Filled entirely.</param>
    public void ReadData(long offset, Span<byte> destination) =>
        PositionalFile.ReadExactly(handle, Header.DataStart + offset, destination, Path);

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private static SafeFileHandle OpenHandle(string path)
    {
        try
        {
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FishException(ErrorCode.FileNotFound, path, "The file does not exist.", "Check the path.", error);
        }
    }

    private static SafetensorsHeader ReadHeader(SafeFileHandle handle, string file, int maxHeaderLength)
    {
        var length = RandomAccess.GetLength(handle);
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixLength];
        var prefixLength = RandomAccess.Read(handle, prefix, 0);
        var headerLength = HeaderParser.ReadLength(prefix[..prefixLength], length, file, maxHeaderLength);
        var json = new byte[headerLength];
        PositionalFile.ReadExactly(handle, SafetensorsHeader.PrefixLength, json, file);
        return HeaderParser.Parse(json, file, length - SafetensorsHeader.PrefixLength - headerLength);
    }
}
