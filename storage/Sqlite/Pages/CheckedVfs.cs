using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary>
/// Adds checksums between SQLite and its files: writes each page of the database with one, and verifies it on each read, and each page of
/// the log with the log's own. SQLite alone would return a flipped byte in a number or name unnoticed.
/// </summary>
/// <remarks>Works like SQLite's own cksumvfs (https://www.sqlite.org/cksumvfs.html).</remarks>
// Own code, because the SQLite in SQLitePCLRaw's packages is built without cksumvfs.
internal static unsafe partial class CheckedVfs
{
    private const string Library = "e_sqlite3";
    private const int Database = 0x100;
    private const int Log = 0x80000;
    private const int ReserveBytes = 38;
    private const int AskMoved = 20;
    private const string Main = "main";

    private static readonly Lock Registering = new();
    private static NativeVfs* system;
    private static NativeMethods* methods;
    private static NativeMethods* unsharedMethods;

    /// <summary>Registers this as the file system for databases in this process; once is enough.</summary>
    public static void Register()
    {
        lock (Registering)
        {
            if (system is not null)
            {
                return;
            }

            var found = FindVfs(null);
            methods = FileMethods.Allocate(hasSharedMemory: true);
            unsharedMethods = FileMethods.Allocate(hasSharedMemory: false);
            var own = (NativeVfs*)NativeMemory.AllocZeroed((nuint)sizeof(NativeVfs));
            *own = *found;
            own->Next = null;
            own->Name = (byte*)Marshal.StringToCoTaskMemUTF8("fish");
            own->FileSize = sizeof(CheckedFile) + found->FileSize;
            own->Open = &Open;
            system = found;
            if (RegisterVfs(own, 1) != 0)
            {
                throw new InvalidOperationException("SQLite refused the checked file system.");
            }
        }
    }

    /// <summary>The bytes that a database reserves at the end of its pages, now or once it is created or rewritten.</summary>
    public static int ReservedBytes(SqliteConnection connection) => Reserve(connection, -1);

    /// <summary>Whether the database's file itself announces checksums, whatever the log contains.</summary>
    public static bool HasSums(SqliteConnection connection)
    {
        var state = 0;
        _ = FileControl(HandleOf(connection), Main, FileMethods.AskState, ref state);
        return state == (int)PageState.Validate;
    }

    /// <summary>Whether the open file of a connection was removed or replaced.</summary>
    public static bool HasMoved(SqliteConnection connection)
    {
        var moved = 0;
        _ = FileControl(HandleOf(connection), Main, AskMoved, ref moved);
        return moved != 0;
    }

    /// <summary>Requests space for checksums: used by an empty database, or by the next VACUUM.</summary>
    /// <param name="connection">A connection.</param>
    /// <param name="bytes">Bytes to reserve at the end of each page.</param>
    public static void RequestSums(SqliteConnection connection, int bytes = PageSum.Length) => Reserve(connection, bytes);

    private static int Reserve(SqliteConnection connection, int bytes)
    {
        _ = FileControl(HandleOf(connection), Main, ReserveBytes, ref bytes);
        return bytes;
    }

    private static nint HandleOf(SqliteConnection connection) => connection.Handle!.DangerousGetHandle();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Open(NativeVfs* vfs, byte* name, NativeFile* file, int flags, int* outFlags)
    {
        if ((flags & (Database | Log)) == 0)
        {
            return system->Open(system, name, file, flags, outFlags);
        }

        var opened = (CheckedFile*)file;
        *opened = new CheckedFile { IsLog = flags & Log, FirstOverwritten = long.MaxValue, LastHead = -1 };
        var real = CheckedFile.Real(file);
        var code = system->Open(system, name, real, flags, outFlags);

        // A file that failed to open is closed only if it has methods. On some disks (macOS over a network) files have no methods for
        // shared memory; then ours have none either, so that SQLite keeps no log there instead of calling missing methods.
        opened->Head.Methods = real->Methods is null ? null
            : real->Methods->Version >= 2 && real->Methods->ShmMap is not null ? methods : unsharedMethods;
        return code;
    }

    [LibraryImport(Library, EntryPoint = "sqlite3_vfs_find", StringMarshalling = StringMarshalling.Utf8)]
    private static partial NativeVfs* FindVfs(string? name);

    [LibraryImport(Library, EntryPoint = "sqlite3_vfs_register")]
    private static partial int RegisterVfs(NativeVfs* vfs, int asDefault);

    [LibraryImport(Library, EntryPoint = "sqlite3_file_control", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int FileControl(nint connection, string database, int operation, ref int value);
}
