using System.Runtime.InteropServices;

namespace FishCheckpoint.Tensors;

/// <summary>
/// A file that appears whole and durable, or not at all: written under a temporary name, synced, then renamed, then its folder synced. A
/// link is followed, and stays; a pipe or
/// a device is written into as it is, so that what was written to it cannot be taken back.
/// </summary>
public sealed unsafe class AtomicFile : IDisposable
{
    private const int MacFullSync = 51;

    // EACCES.
    private const int NoPermission = 13;

    private readonly string? temporary;
    private bool committed;

    private AtomicFile(string path, string? temporary, FileStream stream) => (Path, this.temporary, Stream) = (path, temporary, stream);

    /// <summary>Where the file appears on <see cref="Commit"/>.</summary>
    public string Path { get; }

    /// <summary>The content being written. Owned by this object.</summary>
    public FileStream Stream { get; }

    /// <summary>Begins a file.</summary>
    /// <param name="path">Where it is to appear; an existing file is replaced on commit.</param>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.FolderTaken"/>: a socket, or links that lead in a
    /// circle.</exception>
    public static AtomicFile Create(string path)
    {
        if (OutputPlace.OpenDirect(path) is { } direct)
        {
            return new AtomicFile(path, null, direct);
        }

        path = OutputPlace.Follow(path);
        var written = $"{path}.{Guid.NewGuid():N}.tmp";
        return new AtomicFile(path, written, new FileStream(written, new FileStreamOptions
        {
            Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 0,
        }));
    }

    /// <summary>Whether a path is that of a pipe or a device, which is written into as it is.</summary>
    public static bool IsStream(string path) => OutputPlace.IsDirect(path);

    /// <summary>The descriptor of this process that a path names, as <c>/dev/stdout</c> and <c>/dev/fd/N</c> do; <see langword="null"/>:
    /// none.</summary>
    public static int? DescriptorOf(string path) => OutputPlace.DescriptorOf(path);

    /// <summary>Syncs the content and moves it to its place.</summary>
    public void Commit()
    {
        if (temporary is null)
        {
            Stream.Dispose();
            return;
        }

        SyncFile(Stream);
        Stream.Dispose();
        Replace(temporary, Path);
        committed = true;
        SyncFolder(System.IO.Path.GetDirectoryName(Path)!);
    }

    /// <summary>Moves a finished file to its place, over a file that may be there and open.</summary>
    /// <param name="written">The finished file, which nobody has open.</param>
    /// <param name="place">Where it goes, on the same file system.</param>
    /// <param name="mayBeAway">Whether the place may be empty for a moment on Windows, where the old file is open.</param>
    /// <exception cref="IOException">It cannot be moved; what was there is there still.</exception>
    public static void Replace(string written, string place, bool mayBeAway = true) =>
        FileReplacement.Move(written, place, FileMoves.Here, mayBeAway);

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
        if (!committed && temporary is not null)
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Makes a folder's entries durable: without it a crash may forget a rename. Does nothing on Windows, which needs
    /// none.</summary>
    /// <exception cref="UnauthorizedAccessException">This user may not read the folder.</exception>
    /// <exception cref="IOException">The disk refused.</exception>
    public static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var descriptor = OpenFolder(folder);
        if (descriptor < 0)
        {
            var number = Marshal.GetLastSystemError();
            var problem = $"The folder '{folder}' cannot be opened to be synced (errno {number}).";
            throw number == NoPermission ? new UnauthorizedAccessException(problem) : new IOException(problem);
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
