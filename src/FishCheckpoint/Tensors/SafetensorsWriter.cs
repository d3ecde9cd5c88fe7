namespace FishCheckpoint.Tensors;

/// <summary>
/// Writes a safetensors file as a stream: the header, then each tensor's bytes in order. The file appears complete or not at all.
/// </summary>
public sealed class SafetensorsWriter : IDisposable
{
    private readonly AtomicFile file;
    private readonly SafetensorsHeader header;
    private long written;

    /// <summary>Starts a file.</summary>
    /// <param name="path">The final path.</param>
    /// <param name="header">Its header, from <see cref="HeaderWriter"/> or from the file to copy.</param>
    public SafetensorsWriter(string path, SafetensorsHeader header)
    {
        this.header = header;
        file = AtomicFile.Create(path);
        file.Stream.Write(header.ToFileBytes());
    }

    /// <summary>Appends data bytes, in the header's order.</summary>
    /// <exception cref="InvalidOperationException">The data exceeds the length in the header.</exception>
    public void Write(ReadOnlySpan<byte> data)
    {
        if (data.Length > header.DataLength - written)
        {
            throw new InvalidOperationException($"The data exceeds the {header.DataLength} bytes that the header describes.");
        }

        file.Stream.Write(data);
        written += data.Length;
    }

    /// <summary>Syncs the file and moves it to its final path.</summary>
    /// <exception cref="InvalidOperationException">The data is shorter than the header describes.</exception>
    public void Commit()
    {
        if (written != header.DataLength)
        {
            throw new InvalidOperationException($"The header describes {header.DataLength} bytes of data; {written} were written.");
        }

        file.Commit();
    }

    /// <summary>Deletes the file unless it was committed.</summary>
    public void Dispose() => file.Dispose();
}
