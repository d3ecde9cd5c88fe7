using System.Runtime.InteropServices;

namespace FishCheckpoint.Tensors;

/// <summary>
/// A file that appears whole and durable, or not at all: written under a temporary name, synced, then renamed, then its folder synced.
/// </summary>
public sealed partial class AtomicFile : IDisposable
{
    private readonly string temporary;
    private bool committed;

    private AtomicFile(string path, string temporary)
    {
        (Path, this.temporary) = (path, temporary);
        Stream = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0,
        });
    }

    /// <summary>Where the file appears on <see cref="Commit"/>.</summary>
    public string Path { get; }

    /// <summary>The content being written. Owned by this object.</summary>
    public FileStream Stream { get; }

    /// <summary>Begins a file.</summary>
    /// <param name="path">Where it is to appear; an existing file is replaced on commit.</param>
    public static AtomicFile Create(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        return new AtomicFile(path, $"{path}.{Guid.NewGuid():N}.tmp");
    }

    /// <summary>Syncs the content and moves it to its place.</summary>
    public void Commit()
    {
        Stream.Flush(flushToDisk: true);
        Stream.Dispose();
        File.Move(temporary, Path, overwrite: true);
        committed = true;
        SyncFolder(System.IO.Path.GetDirectoryName(Path)!);
    }

    /// <summary>Drops what was not committed.</summary>
    public void Dispose()
    {
        Stream.Dispose();
        if (!committed)
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Makes a folder's entries durable: without it a crash may forget a rename. Does nothing on Windows, which needs none.</summary>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = OpenFolder(folder, 0);
        if (descriptor < 0)
        {
            throw new IOException($"The folder '{folder}' cannot be opened to be synced (errno {Marshal.GetLastPInvokeError()}).");
        }

        var result = Sync(descriptor);
        var error = Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (result != 0)
        {
            throw new IOException($"The folder '{folder}' cannot be synced (errno {error}).");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
