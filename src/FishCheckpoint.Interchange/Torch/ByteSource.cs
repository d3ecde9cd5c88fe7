using System.IO.Hashing;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>A file with random access.</summary>
internal sealed class ByteSource : IDisposable
{
    private readonly SafeFileHandle handle;

    private ByteSource(string path, SafeFileHandle handle) =>
        (Path, Key, this.handle, Length) = (path, System.IO.Path.GetFileName(path), handle, RandomAccess.GetLength(handle));

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>Its name in errors.</summary>
    public string Key { get; }

    /// <summary>Its length in bytes.</summary>
    public long Length { get; }

    public static ByteSource Open(string path)
    {
        try
        {
            return new ByteSource(path, PositionalFile.Open(path));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FishException(ErrorCode.FileNotFound, path, "The file does not exist.", "Check the path.", error);
        }
    }

    public void Read(long offset, Span<byte> destination) => PositionalFile.ReadExactly(handle, offset, destination, Key);

    /// <summary>Bytes of the file, as a new array.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.TorchFileInvalid"/>: they are beyond the file's end.</exception>
    public byte[] Bytes(long offset, long count)
    {
        if (offset < 0 || count < 0 || offset > Length - count)
        {
            throw TorchErrors.Invalid(Key, $"{count} bytes at {offset} exceed the file's {Length} bytes.");
        }

        var bytes = new byte[count];
        Read(offset, bytes);
        return bytes;
    }

    /// <summary>The CRC-32 of a part of the file.</summary>
    public uint ChecksumOf(long offset, long count)
    {
        var (crc, buffer) = (new Crc32(), new byte[(int)Math.Min(count, Blocks.Size)]);
        for (var done = 0L; done < count;)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, count - done));
            Read(offset + done, part);
            crc.Append(part);
            done += part.Length;
        }

        return crc.GetCurrentHashAsUInt32();
    }

    public void Dispose() => handle.Dispose();
}
