namespace FishCheckpoint.Client.Http;

/// <summary>A file that goes when this object does.</summary>
internal sealed class TemporaryFile : IDisposable, IAsyncDisposable
{
    private TemporaryFile(string path)
    {
        Path = path;
        Stream = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0,
            Options = FileOptions.Asynchronous,
        });
    }

    public string Path { get; }

    /// <summary>The content. May be disposed earlier, to have the file read by others.</summary>
    public FileStream Stream { get; }

    public static TemporaryFile Create(string folder)
    {
        Directory.CreateDirectory(folder);
        return new TemporaryFile(System.IO.Path.Combine(folder, $"fish-{Guid.NewGuid():N}.tmp"));
    }

    public void Dispose()
    {
        Stream.Dispose();
        File.Delete(Path);
    }

    public async ValueTask DisposeAsync()
    {
        await Stream.DisposeAsync();
        File.Delete(Path);
    }
}
