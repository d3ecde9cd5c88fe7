using System.Buffers;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>A buffer in memory that moves to a temporary file when it grows. The file is deleted on disposal.</summary>
internal sealed class Spool : IDisposable
{
    /// <summary>The most bytes in memory before the file is created.</summary>
    public const int MemoryLimit = 8 << 20;

    private const int Segment = 1 << 18;

    private readonly string folder;
    private readonly List<byte[]> memory = [];
    private FileStream? file;

    /// <summary>Creates an empty spool.</summary>
    /// <param name="folder">The folder for the file, if one is needed.</param>
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
                Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 1 << 16,
                Options = FileOptions.DeleteOnClose,
            });
            for (var start = 0L; start < Length; start += Segment)
            {
                file.Write(memory[(int)(start / Segment)], 0, (int)Math.Min(Segment, Length - start));
            }

            Forget();
        }

        if (file is not null)
        {
            file.Write(bytes);
        }
        else
        {
            Keep(bytes);
        }

        Length += bytes.Length;
    }

    /// <summary>Reads bytes that were written.</summary>
    public void Read(long offset, Span<byte> destination)
    {
        if (file is null)
        {
            while (destination.Length > 0)
            {
                var part = memory[(int)(offset / Segment)]
                    .AsSpan((int)(offset % Segment), (int)Math.Min(Segment - (offset % Segment), destination.Length));
                part.CopyTo(destination);
                destination = destination[part.Length..];
                offset += part.Length;
            }

            return;
        }

        file.Flush();
        PositionalFile.ReadExactly(file.SafeFileHandle, offset, destination, "spool");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        file?.Dispose();
        Forget();
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        for (var end = Length; bytes.Length > 0;)
        {
            if (end == memory.Count * (long)Segment)
            {
                memory.Add(ArrayPool<byte>.Shared.Rent(Segment));
            }

            var room = memory[^1].AsSpan((int)(end % Segment), (int)(Segment - (end % Segment)));
            var part = bytes[..Math.Min(room.Length, bytes.Length)];
            part.CopyTo(room);
            bytes = bytes[part.Length..];
            end += part.Length;
        }
    }

    private void Forget()
    {
        memory.ForEach(segment => ArrayPool<byte>.Shared.Return(segment));
        memory.Clear();
    }
}
