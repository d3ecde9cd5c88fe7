using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary>
/// Stands between SQLite and its files, so that each page of a database is written with a checksum and compared with it when it is read,
/// and each page of the log with the log's. SQLite alone would serve a flipped byte of a number or a name as good.
/// </summary>
/// <remarks>Works as SQLite's own cksumvfs does (https://www.sqlite.org/cksumvfs.html).</remarks>
// Kept by hand: the SQLite in SQLitePCLRaw's packages is built without cksumvfs.
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

    /// <summary>Makes it the one that databases are opened with in this process; once is enough.</summary>
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
                throw new InvalidOperationException("SQLite does not take the checked file system.");
            }
        }
    }

    /// <summary>How many bytes at the end of its pages a database leaves alone, or will, once it is made or rewritten.</summary>
    public static int ReservedBytes(SqliteConnection connection) => Reserve(connection, -1);

    /// <summary>Whether the database's file itself tells that its pages have checksums, whatever the log adds.</summary>
    public static bool HasSums(SqliteConnection connection)
    {
        var state = 0;
        _ = FileControl(HandleOf(connection), Main, FileMethods.AskState, ref state);
        return state == (int)PageState.Validate;
    }

    /// <summary>Whether the file that a connection has open is no longer the one of that name: it was removed, or another put in its
    /// place.</summary>
    public static bool HasMoved(SqliteConnection connection)
    {
        var moved = 0;
        _ = FileControl(HandleOf(connection), Main, AskMoved, ref moved);
        return moved != 0;
    }

    /// <summary>Asks for room for checksums: taken by a database that is still empty, or by the next VACUUM.</summary>
    /// <param name="connection">A connection.</param>
    /// <param name="bytes">Bytes to leave alone at the end of each page.</param>
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

        // A file that could not be opened is closed only if it has methods. On some disks (macOS, over a network) files have none for
        // memory that processes share: then ours have none either, and SQLite keeps no log there instead of calling what is not there.
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
