using System.Runtime.InteropServices;

namespace FishCheckpoint.Tensors;

/// <summary>
/// A file that appears complete and durable, or not at all: it is written under a temporary name, synced and renamed, and then its folder
/// is synced. Symbolic links are followed and kept. A pipe or a device is written directly, without a temporary file.
/// </summary>
public sealed unsafe class AtomicFile : IDisposable
{
    private const int MacFullSync = 51;

    // EACCES.
    private const int NoPermission = 13;

    private readonly string? temporary;
    private bool committed;

    private AtomicFile(string path, string? temporary, FileStream stream) => (Path, this.temporary, Stream) = (path, temporary, stream);

    /// <summary>The path at which <see cref="Commit"/> puts the file.</summary>
    public string Path { get; }

    /// <summary>The content to write. Owned by this object.</summary>
    public FileStream Stream { get; }

    /// <summary>Starts a file.</summary>
    /// <param name="path">The final path; <see cref="Commit"/> replaces an existing file.</param>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.FolderTaken"/>: the path is a socket, or its links form a
    /// loop.</exception>
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

    /// <summary>Whether a path is a pipe or a device, which is written directly.</summary>
    public static bool IsStream(string path) => OutputPlace.IsDirect(path);

    /// <summary>
    /// The descriptor of this process that a path such as <c>/dev/stdout</c> or <c>/dev/fd/N</c> refers to; <see langword="null"/> if there
    /// is none.
    /// </summary>
    public static int? DescriptorOf(string path) => OutputPlace.DescriptorOf(path);

    /// <summary>Syncs the content and moves it to <see cref="Path"/>.</summary>
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

    /// <summary>Moves a finished file to its final path and replaces an existing one, even if that is open.</summary>
    /// <param name="written">The finished file, closed.</param>
    /// <param name="place">The final path, on the same file system.</param>
    /// <param name="mayBeAway">Whether the path may be missing for a moment on Windows, if the old file is open.</param>
    /// <exception cref="IOException">The move failed; the old file is still there.</exception>
    public static void Replace(string written, string place, bool mayBeAway = true) =>
        FileReplacement.Move(written, place, FileMoves.Here, mayBeAway);

    /// <summary>Completes a <see cref="Replace"/> that a crash interrupted on Windows. On other systems a replacement is atomic.</summary>
    /// <param name="folder">The folder of the replaced files.</param>
    public static void Recover(string folder) => FileReplacement.Recover(folder, FileMoves.Here);

    /// <summary>Makes a file's content durable, or throws. The framework's own flush ignores a failed sync.</summary>
    /// <param name="stream">The file.</param>
    /// <exception cref="IOException">The sync failed.</exception>
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
            throw new IOException($"The file '{stream.Name}' could not be synced (errno {Marshal.GetLastSystemError()}).");
        }
    }

    /// <summary>Deletes the temporary file unless it was committed.</summary>
    public void Dispose()
    {
        Stream.Dispose();
        if (!committed && temporary is not null)
        {
            File.Delete(temporary);
        }
    }

    /// <summary>
    /// Makes a folder's entries durable, so that a rename survives a crash. Does nothing on Windows, which does not need it.
    /// </summary>
    /// <exception cref="UnauthorizedAccessException">The user may not read the folder.</exception>
    /// <exception cref="IOException">The sync failed.</exception>
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
            var problem = $"The folder '{folder}' could not be opened for a sync (errno {number}).";
            throw number == NoPermission ? new UnauthorizedAccessException(problem) : new IOException(problem);
        }

        var result = Sync(descriptor);
        var error = Marshal.GetLastSystemError();
        _ = ((delegate* unmanaged<int, int>)Call("close"))(descriptor);
        if (result != 0)
        {
            throw new IOException($"The folder '{folder}' could not be synced (errno {error}).");
        }
    }

    // On macOS, fsync leaves bytes in the disk's cache. Network disks do not support F_FULLFSYNC; SQLite falls back to fsync too.
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

    // Resolved at run time, so that tests can preload a library that makes calls fail.
    private static nint Call(string name) => NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), name);
}
