using System.Runtime.InteropServices;

namespace FishCheckpoint.Storage.Folders;

/// <summary>Asks the system whether something may be written, without writing.</summary>
internal static partial class Permission
{
    private const int WriteAndSearch = 2 | 1;
    private const int Write = 2;

    /// <summary>
    /// Whether this user may write; on a file system that is mounted for reading only, nobody may. On Windows only a
    /// file's read-only attribute is looked at, and not the access lists: there the first write shows it.
    /// </summary>
    public static bool MayWrite(string path) => OperatingSystem.IsWindows()
        ? Directory.Exists(path) || !File.GetAttributes(path).HasFlag(FileAttributes.ReadOnly)
        : Access(path, Directory.Exists(path) ? WriteAndSearch : Write) == 0;

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
