using System.Text;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Hosting;

/// <summary>
/// The folder of a local server's socket, which nobody else may enter. The server holds the lock of a file in it while it lives; the file
/// has the user's name. So the next server that starts knows which folders the killed ones of its user have left, and removes them.
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
    private readonly FileStream held;

    private SocketFolder(string path)
    {
        this.path = path;
        held = new FileStream(Path.Combine(path, LockName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        held.Write(Encoding.UTF8.GetBytes(Environment.UserName));
        held.Flush();
    }

    /// <summary>Where the socket lies.</summary>
    public string Socket => Path.Combine(path, SocketName);

    /// <summary>Where the socket lies while the server ends.</summary>
    public string Aside => Socket + "-";

    // The user's own folder for such things where there is one, else the temporary folder, if their paths are not too long.
    private static IEnumerable<string> Roots => new[] { Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"), Path.GetTempPath(), "/tmp" }
        .OfType<string>().Where(root => root.Length > 0 && Encoding.UTF8.GetByteCount(root) <= MaxPathBytes - Prefix.Length - 16
            && Directory.Exists(root))
        .Select(Path.GetFullPath).Distinct(StringComparer.Ordinal);

    /// <summary>Removes what killed servers of this user have left, and makes a new folder.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public static SocketFolder Create()
    {
        string[] roots = [.. Roots];
        Array.ForEach(roots, RemoveLeftovers);

        // Twice: another server that looks for leftovers may hold the new file for a moment.
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
                // The next one.
            }
        }

        throw new FishException(
            ErrorCode.StorageUnavailable, "/tmp",
            "There is no folder for the server's socket: XDG_RUNTIME_DIR, TMPDIR and /tmp cannot be written or are too long.",
            "Set XDG_RUNTIME_DIR to a short path of a folder of this user.");
    }

    /// <summary>Removes the folder of a socket whose server is known to have ended. Only what has the form of one of ours is
    /// removed.</summary>
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
        held.Dispose();
    }

    // A folder whose lock is free, with this user's name in it.
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
            // What cannot be listed is not cleaned up.
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
            return false; // its server lives, or it is another user's
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
            // It is another user's, or gone.
        }
    }
}
