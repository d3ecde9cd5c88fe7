namespace FishCheckpoint.Client.Http;

/// <summary>A file that is deleted with this object.</summary>
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

    /// <summary>The content. The caller may dispose it earlier so that others can read the file.</summary>
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
