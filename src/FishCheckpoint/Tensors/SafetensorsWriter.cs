namespace FishCheckpoint.Tensors;

/// <summary>Writes a safetensors file as a stream: the header first, then each tensor's bytes in order; it appears whole or not at
/// all.</summary>
public sealed class SafetensorsWriter : IDisposable
{
    private readonly AtomicFile file;
    private readonly SafetensorsHeader header;
    private long written;

    /// <summary>Begins a file.</summary>
    /// <param name="path">Where it is to appear.</param>
    /// <param name="header">Its header, as from <see cref="HeaderWriter"/> or of a file to be copied verbatim.</param>
    public SafetensorsWriter(string path, SafetensorsHeader header)
    {
        this.header = header;
        file = AtomicFile.Create(path);
        file.Stream.Write(header.ToFileBytes());
    }

    /// <summary>Appends bytes of the data, in the header's order.</summary>
    /// <exception cref="InvalidOperationException">More is written than the header describes.</exception>
    public void Write(ReadOnlySpan<byte> data)
    {
        if (data.Length > header.DataLength - written)
        {
            throw new InvalidOperationException($"The header describes {header.DataLength} bytes of data; more are written.");
        }

        file.Stream.Write(data);
        written += data.Length;
    }

    /// <summary>Syncs the file and moves it to its place.</summary>
    /// <exception cref="InvalidOperationException">Less was written than the header describes.</exception>
    public void Commit()
    {
        if (written != header.DataLength)
        {
            throw new InvalidOperationException($"The header describes {header.DataLength} bytes of data; {written} were written.");
        }

        file.Commit();
    }

    /// <summary>Drops the file unless it was committed.</summary>
    public void Dispose() => file.Dispose();
}
