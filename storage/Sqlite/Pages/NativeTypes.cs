using System.Runtime.InteropServices;

namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary><c>sqlite3_vfs</c> (https://www.sqlite.org/c3ref/vfs.html). All but opening stays the system's own.</summary>
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

/// <summary>The methods behind opening, which are copied as they are.</summary>
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

/// <summary><c>sqlite3_io_methods</c>, version 2: without those of memory mapping, so that every page passes by.</summary>
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

/// <summary>A file as SQLite holds it: what is known of it, and behind that the system's own file.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CheckedFile
{
    public NativeFile Head;
    public int IsLog;

    /// <summary>Of a database: whether its pages have checksums; 0 while that is not known.</summary>
    public PageState State;

    /// <summary>Bytes in a page of a database, once its state is known: what is read of another length is no page.</summary>
    public int PageSize;

    /// <summary>Of a log: where the last frame's head was written, and the first page that was written over without one, whose checksums
    /// are made at the commit.</summary>
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
