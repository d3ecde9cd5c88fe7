using System.Runtime.InteropServices;

namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary><c>sqlite3_vfs</c> (https://www.sqlite.org/c3ref/vfs.html). Only opening is replaced.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeVfs
{
    public int Version;
    public int FileSize;
    public int MaxPath;
    public NativeVfs* Next;
    public byte* Name;
    public nint Data;
    public delegate* unmanaged[Cdecl]<NativeVfs*, byte*, NativeFile*, int, int*, int> Open;
    public OtherMethods Others;
}

/// <summary>The methods after opening, copied unchanged.</summary>
[System.Runtime.CompilerServices.InlineArray(15)]
internal struct OtherMethods
{
    public nint First;
}

/// <summary><c>sqlite3_file</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeFile
{
    public NativeMethods* Methods;
}

/// <summary><c>sqlite3_io_methods</c>, version 2: without memory mapping, so that every page is verified.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeMethods
{
    public int Version;
    public delegate* unmanaged[Cdecl]<NativeFile*, int> Close;
    public delegate* unmanaged[Cdecl]<NativeFile*, byte*, int, long, int> Read;
    public delegate* unmanaged[Cdecl]<NativeFile*, byte*, int, long, int> Write;
    public delegate* unmanaged[Cdecl]<NativeFile*, long, int> Truncate;
    public delegate* unmanaged[Cdecl]<NativeFile*, int, int> Sync;
    public delegate* unmanaged[Cdecl]<NativeFile*, long*, int> FileSize;
    public delegate* unmanaged[Cdecl]<NativeFile*, int, int> Lock;
    public delegate* unmanaged[Cdecl]<NativeFile*, int, int> Unlock;
    public delegate* unmanaged[Cdecl]<NativeFile*, int*, int> CheckReservedLock;
    public delegate* unmanaged[Cdecl]<NativeFile*, int, void*, int> FileControl;
    public delegate* unmanaged[Cdecl]<NativeFile*, int> SectorSize;
    public delegate* unmanaged[Cdecl]<NativeFile*, int> Characteristics;
    public delegate* unmanaged[Cdecl]<NativeFile*, int, int, int, void**, int> ShmMap;
    public delegate* unmanaged[Cdecl]<NativeFile*, int, int, int, int> ShmLock;
    public delegate* unmanaged[Cdecl]<NativeFile*, void> ShmBarrier;
    public delegate* unmanaged[Cdecl]<NativeFile*, int, int> ShmUnmap;
}

/// <summary>A file of SQLite with our own fields, followed by the system's file.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CheckedFile
{
    public NativeFile Head;
    public int IsLog;

    /// <summary>For a database: whether its pages have checksums; 0 if unknown.</summary>
    public PageState State;

    /// <summary>The page size of a database, if its state is known. Reads of other lengths are no pages.</summary>
    public int PageSize;

    /// <summary>
    /// For a log: the position of the last frame's head, and the first page that was overwritten without one, whose checksum is written at
    /// the commit.
    /// </summary>
    public long LastHead;
    public long FirstOverwritten;

    public static NativeFile* Real(NativeFile* file) => (NativeFile*)((CheckedFile*)file + 1);
}

internal enum PageState
{
    Unknown = 0,
    Validate = 1,
    Plain = 2,
}
