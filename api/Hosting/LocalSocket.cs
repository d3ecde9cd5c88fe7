using System.Text;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Microsoft.AspNetCore.Connections;

namespace FishCheckpoint.Api.Hosting;

/// <summary>
/// The Unix socket of a data folder's one local server, for programs of the same user on this machine. While it runs, the server has a lock
/// on the folder's file <c>local.lock</c>, so only one runs at a time, however it ends. The file names the socket, which is in a private
/// folder. The number of open connections shows whether clients are connected.
/// </summary>
internal sealed class LocalSocket : IDisposable
{
    /// <summary>The locked file that names the socket.</summary>
    public const string LockName = "local.lock";

    /// <summary>The server's log. It starts over above <see cref="MaxLogBytes"/>.</summary>
    public const string LogName = "local.log";

    private const long MaxLogBytes = 4 << 20;

    private readonly FileStream lockFile;
    private readonly SocketFolder folder = SocketFolder.Create();
    private readonly string dataFolder;
    private int connections;
    private long accepted;

    private LocalSocket(string dataFolder, FileStream lockFile) => (this.dataFolder, this.lockFile) = (dataFolder, lockFile);

    /// <summary>The socket.</summary>
    public string Path => folder.Socket;

    /// <summary>The number of open connections.</summary>
    public int Connections => Volatile.Read(ref connections);

    /// <summary>The number of connections ever opened, which also counts those too short to be seen open.</summary>
    public long Accepted => Interlocked.Read(ref accepted);

    /// <summary>Locks a data folder, which is created if missing, and chooses a path for the socket.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: another server has the lock;
    /// <see cref="ErrorCode.StorageUnavailable"/>.</exception>
    public static LocalSocket Take(string dataFolder)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new FishException(ErrorCode.RequestInvalid, "--local", "Windows does not support this kind of socket.",
                "Serve the folder on 127.0.0.1: leave out --local.");
        }

        FileStream locked;
        try
        {
            Directory.CreateDirectory(dataFolder);
            locked = new FileStream(System.IO.Path.Combine(dataFolder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite,
                FileShare.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FileLock.IsTaken(error)
                ? new FishException(ErrorCode.FolderTaken, dataFolder, "A local server of this folder is already running.",
                "Use that one; it stops after its last client.", error)
                : new FishException(ErrorCode.StorageUnavailable, dataFolder, error.Message, "Choose a folder that this user can write to.",
                error);
        }

        try
        {
            RemoveEarlier(locked);
            return new LocalSocket(dataFolder, locked);
        }
        catch
        {
            locked.Dispose();
            throw;
        }
    }

    /// <summary>Counts a connection until it closes.</summary>
    public async Task CountAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        Interlocked.Increment(ref connections);
        Interlocked.Increment(ref accepted);
        try
        {
            await next(connection);
        }
        finally
        {
            Interlocked.Decrement(ref connections);
        }
    }

    /// <summary>Writes the socket's path to the locked file, after the server listens on it.</summary>
    public void Publish()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        lockFile.SetLength(0);
        lockFile.Write(Encoding.UTF8.GetBytes(Path + "\n"));
        lockFile.Flush();
    }

    /// <summary>Moves the socket away from new clients if no client is connected.</summary>
    /// <returns>Whether the server may stop; otherwise the socket is back in its place.</returns>
    public bool TryClose()
    {
        File.Move(Path, folder.Aside);
        if (Connections == 0)
        {
            return true;
        }

        File.Move(folder.Aside, Path);
        return false;
    }

    /// <summary>Starts the log over if it is too long.</summary>
    public void BoundLog()
    {
        var log = new FileInfo(System.IO.Path.Combine(dataFolder, LogName));
        if (log is { Exists: true, Length: > MaxLogBytes })
        {
            using var file = log.Open(FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.SetLength(0);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        folder.Dispose();
        lockFile.SetLength(0);
        lockFile.Dispose();
    }

    // A killed server left its socket.
    private static void RemoveEarlier(FileStream locked)
    {
        using var reader = new StreamReader(locked, Encoding.UTF8, leaveOpen: true);
        var buffer = new char[SocketFolder.MaxPathBytes + 2];
        var path = new string(buffer, 0, reader.ReadBlock(buffer)).TrimEnd('\n');
        locked.Position = 0;
        locked.SetLength(0);
        SocketFolder.RemoveOf(path);
    }
}
