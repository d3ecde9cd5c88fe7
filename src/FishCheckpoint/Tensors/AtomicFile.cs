using System.Runtime.InteropServices;

namespace FishCheckpoint.Tensors;

/// <summary>
/// A file that appears whole and durable, or not at all: written under a temporary name, synced, then renamed, then its folder synced.
/// </summary>
public sealed unsafe class AtomicFile : IDisposable
{
    private const int MacFullSync = 51;

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
        SyncFile(Stream);
        Stream.Dispose();
        Replace(temporary, Path);
        committed = true;
        SyncFolder(System.IO.Path.GetDirectoryName(Path)!);
    }

    /// <summary>Moves a finished file to its place, over a file that may be there and open.</summary>
    /// <param name="written">The finished file, which nobody has open.</param>
    /// <param name="place">Where it goes, on the same file system.</param>
    /// <exception cref="IOException">It cannot be moved; what was there is there still.</exception>
    public static void Replace(string written, string place) => FileReplacement.Move(written, place, FileMoves.Here, mayBeAway: true);

    /// <summary>
    /// Finishes what a crash may have interrupted in <see cref="Replace"/> on Windows; elsewhere a replacement is one step.
    /// </summary>
    /// <param name="folder">The folder of the places.</param>
    public static void Recover(string folder) => FileReplacement.Recover(folder, FileMoves.Here);

    /// <summary>Makes a file's content durable, or throws: the framework's own flush passes over a sync that fails.</summary>
    /// <param name="stream">The file.</param>
    /// <exception cref="IOException">The disk refused.</exception>
    public static void SyncFile(FileStream stream)
    {
        if (OperatingSystem.IsWindows())
        {
            stream.Flush(flushToDisk: true);
            return;
        }

        stream.Flush();
        if (Sync((int)stream.SafeFileHandle.DangerousGetHandle()) != 0)
        {
            throw new IOException($"The file '{stream.Name}' cannot be synced (errno {Marshal.GetLastSystemError()}).");
        }
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

        var descriptor = OpenFolder(folder);
        if (descriptor < 0)
        {
            throw new IOException($"The folder '{folder}' cannot be opened to be synced (errno {Marshal.GetLastSystemError()}).");
        }

        var result = Sync(descriptor);
        var error = Marshal.GetLastSystemError();
        _ = ((delegate* unmanaged<int, int>)Call("close"))(descriptor);
        if (result != 0)
        {
            throw new IOException($"The folder '{folder}' cannot be synced (errno {error}).");
        }
    }

    // On macOS fsync leaves bytes in the disk's own cache. Disks over a network do not know the other call; SQLite falls back as well.
    private static int Sync(int descriptor) =>
        OperatingSystem.IsMacOS() && ((delegate* unmanaged<int, int, int>)Call("fcntl"))(descriptor, MacFullSync) == 0 ? 0
        : ((delegate* unmanaged<int, int>)Call("fsync"))(descriptor);

    private static int OpenFolder(string folder)
    {
        fixed (byte* path = System.Text.Encoding.UTF8.GetBytes(folder + '\0'))
        {
            return ((delegate* unmanaged<byte*, int, int>)Call("open"))(path, 0);
        }
    }

    // As the program itself would call it: through whatever library was loaded before the system's, as tests do that make calls fail.
    private static nint Call(string name) => NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), name);
}
