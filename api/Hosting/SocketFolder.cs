using System.Text;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Hosting;

/// <summary>
/// The private folder of a local server's socket. While it runs, the server has a lock on a file in it, named after the user. So the next
/// server can find and remove the folders that killed servers of the same user left.
/// </summary>
internal sealed class SocketFolder : IDisposable
{
    // A socket's address has 108 bytes, the last one zero (unix(7)); macOS has 104.
    public const int MaxPathBytes = 100;

    private const string Prefix = "fish-local-";
    private const string SocketName = "s";
    private const string LockName = "lock";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string path;
    private readonly FileStream lockFile;

    private SocketFolder(string path)
    {
        this.path = path;
        lockFile = new FileStream(Path.Combine(path, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        lockFile.Write(Encoding.UTF8.GetBytes(Environment.UserName));
        lockFile.Flush();
    }

    /// <summary>The socket's path.</summary>
    public string Socket => Path.Combine(path, SocketName);

    /// <summary>The socket's path while the server stops.</summary>
    public string Aside => Socket + "-";

    // The user's runtime folder if there is one, else the temporary folder, if their paths are short enough.
    private static IEnumerable<string> Roots => new[] { Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"), Path.GetTempPath(), "/tmp" }
        .OfType<string>().Where(root => root.Length > 0 && Encoding.UTF8.GetByteCount(root) <= MaxPathBytes - Prefix.Length - 16
            && Directory.Exists(root))
        .Select(Path.GetFullPath).Distinct(StringComparer.Ordinal);

    /// <summary>Removes what killed servers of this user left, and creates a new folder.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public static SocketFolder Create()
    {
        string[] roots = [.. Roots];
        Array.ForEach(roots, RemoveLeftovers);

        // Retries once: another server that looks for leftovers may briefly have the new file open.
        foreach (var root in roots.Concat(roots))
        {
            try
            {
                var folder = Path.Combine(root, $"{Prefix}{Guid.NewGuid():N}"[..(Prefix.Length + 12)]);
                if (!OperatingSystem.IsWindows() && !Directory.Exists(folder))
                {
                    Directory.CreateDirectory(folder, Private);
                    return new SocketFolder(folder);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Try the next one.
            }
        }

        throw new FishException(
            ErrorCode.StorageUnavailable, "/tmp",
            "No folder can contain the server's socket: XDG_RUNTIME_DIR, TMPDIR and /tmp are not writable or too long.",
            "Set XDG_RUNTIME_DIR to a short path of a folder of this user.");
    }

    /// <summary>Removes the folder of a socket whose server has stopped, if the folder has this program's form.</summary>
    public static void RemoveOf(string socket)
    {
        if (Path.GetDirectoryName(socket) is { } folder && Path.GetFileName(folder).StartsWith(Prefix, StringComparison.Ordinal)
            && Path.GetFileName(socket) == SocketName)
        {
            Remove(folder);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Remove(path);
        lockFile.Dispose();
    }

    // A folder of this user without a lock.
    private static void RemoveLeftovers(string root)
    {
        try
        {
            foreach (var folder in new DirectoryInfo(root).EnumerateDirectories($"{Prefix}*").Where(folder => folder.LinkTarget is null))
            {
                if (IsLeft(Path.Combine(folder.FullName, LockName)))
                {
                    Remove(folder.FullName);
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Folders that cannot be listed are not cleaned up.
        }
    }

    private static bool IsLeft(string file)
    {
        try
        {
            using var left = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            using var reader = new StreamReader(left, Encoding.UTF8);
            var name = new char[Environment.UserName.Length + 1];
            return new string(name, 0, reader.ReadBlock(name)) == Environment.UserName;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false; // its server is running, or it belongs to another user
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            File.Delete(Path.Combine(folder, SocketName));
            File.Delete(Path.Combine(folder, $"{SocketName}-"));
            File.Delete(Path.Combine(folder, LockName));
            Directory.Delete(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It belongs to another user, or was deleted.
        }
    }
}
