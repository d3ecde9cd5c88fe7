using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>Bytes on their way: in memory while they are few, then in a temporary file that goes when this object does.</summary>
public sealed class Spool : IDisposable
{
    /// <summary>Bytes held in memory before the file is begun.</summary>
    public const int MemoryLimit = 4 << 20;

    private readonly string folder;
    private byte[] memory = [];
    private FileStream? file;

    /// <summary>An empty spool.</summary>
    /// <param name="folder">Where the file goes, if one is needed.</param>
    public Spool(string folder) => this.folder = folder;

    /// <summary>Bytes written.</summary>
    public long Length { get; private set; }

    /// <summary>Appends bytes.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (file is null && Length + bytes.Length > MemoryLimit)
        {
            Directory.CreateDirectory(folder);
            file = new FileStream(Path.Combine(folder, $"{Guid.NewGuid():N}.spool"), new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 1 << 16, Options = FileOptions.DeleteOnClose,
            });
            file.Write(memory, 0, (int)Length);
            memory = [];
        }

        if (file is not null)
        {
            file.Write(bytes);
        }
        else
        {
            if (memory.Length < Length + bytes.Length)
            {
                Array.Resize(ref memory, (int)Math.Min(MemoryLimit, Math.Max(Length + bytes.Length, Math.Max(4096, memory.Length * 2L))));
            }

            bytes.CopyTo(memory.AsSpan((int)Length));
        }

        Length += bytes.Length;
    }

    /// <summary>Reads bytes written before.</summary>
    public void Read(long offset, Span<byte> destination)
    {
        if (file is null)
        {
            memory.AsSpan((int)offset, destination.Length).CopyTo(destination);
            return;
        }

        file.Flush();
        PositionalFile.ReadExactly(file.SafeFileHandle, offset, destination, "spool");
    }

    /// <inheritdoc/>
    public void Dispose() => file?.Dispose();
}
