using System.Runtime.InteropServices;

namespace FishCheckpoint.Storage.Folders;

/// <summary>Checks write access without writing.</summary>
internal static partial class Permission
{
    private const int WriteAndSearch = 2 | 1;
    private const int Write = 2;

    /// <summary>
    /// Whether this user may write; always <see langword="false"/> on a file system that is mounted read-only. On Windows only the
    /// read-only attribute of a file is checked, not access lists: there the first write fails.
    /// </summary>
    public static bool MayWrite(string path) => OperatingSystem.IsWindows()
        ? Directory.Exists(path) || !File.GetAttributes(path).HasFlag(FileAttributes.ReadOnly)
        : Access(path, Directory.Exists(path) ? WriteAndSearch : Write) == 0;

    [LibraryImport("libc", EntryPoint = "access", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
