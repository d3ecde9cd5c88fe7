using System.Text;
using FishCheckpoint.Errors;
using Microsoft.AspNetCore.Connections;

namespace FishCheckpoint.Api.Hosting;

/// <summary>
/// The Unix socket that one server of a data folder listens on for programs of the same user on this machine. The server holds the lock of
/// the file <c>local.lock</c> in the folder while it lives, so that there is one at a time however it ends; the file names the socket, in
/// a folder of its own that nobody else may enter. Open connections are counted: they are what tells that somebody is there.
/// </summary>
internal sealed class LocalSocket : IDisposable
{
    /// <summary>The file that is locked and names the socket.</summary>
    public const string LockName = "local.lock";

    /// <summary>The server's log. It begins anew when it has grown beyond <see cref="MaxLogBytes"/>.</summary>
    public const string LogName = "local.log";

    private const long MaxLogBytes = 4 << 20;

    private readonly FileStream held;
    private readonly SocketFolder folder = SocketFolder.Create();
    private readonly string dataFolder;
    private int connections;
    private long accepted;

    private LocalSocket(string dataFolder, FileStream held) => (this.dataFolder, this.held) = (dataFolder, held);

    /// <summary>The socket.</summary>
    public string Path => folder.Socket;

    /// <summary>How many connections are open.</summary>
    public int Connections => Volatile.Read(ref connections);

    /// <summary>How many connections were ever opened: a short one shows here that nobody saw open.</summary>
    public long Accepted => Interlocked.Read(ref accepted);

    /// <summary>Takes the lock of a data folder, which is created if missing, and a new place for the socket.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: another server holds it; <see
    /// cref="ErrorCode.StorageUnavailable"/>.</exception>
    public static LocalSocket Take(string dataFolder)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new FishException(ErrorCode.RequestInvalid, "--local", "Windows has no sockets of this kind.",
                "Serve the folder on 127.0.0.1: leave --local out.");
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
            throw error is IOException && File.Exists(System.IO.Path.Combine(dataFolder, LockName))
                ? new FishException(ErrorCode.FolderTaken, dataFolder, "A local server of this folder runs already.",
                "Use that one; it ends with its last client.", error)
                : new FishException(ErrorCode.StorageUnavailable, dataFolder, error.Message, "Name a folder that this user may write.",
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

    /// <summary>Counts a connection while it is open.</summary>
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

    /// <summary>Names the socket in the lock's file, once the server listens there.</summary>
    public void Publish()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        held.SetLength(0);
        held.Write(Encoding.UTF8.GetBytes(Path + "\n"));
        held.Flush();
    }

    /// <summary>Takes the socket away from those who come, if nobody is there.</summary>
    /// <returns>Whether the server may end; else the socket is back in its place.</returns>
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

    /// <summary>Lets the log begin anew if it has grown too long.</summary>
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
        held.SetLength(0);
        held.Dispose();
    }

    // One that was killed has left its socket.
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
