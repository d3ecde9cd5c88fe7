using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Storage.Sqlite.Pages;

/// <summary>The methods that SQLite calls on a file: those of the system, with checksums around reads and writes.</summary>
internal static unsafe class FileMethods
{
    /// <summary>A file control of our own (SQLite's are below 100): returns the <see cref="PageState"/>.</summary>
    public const int AskState = 0x66697368;

    private const int Ok = 0;
    private const int SubpageReads = 0x8000;

    /// <summary>Allocates the table of these methods for the lifetime of the process.</summary>
    /// <param name="hasSharedMemory">Whether the file's own methods include shared memory.</param>
    public static NativeMethods* Allocate(bool hasSharedMemory)
    {
        var table = (NativeMethods*)NativeMemory.AllocZeroed((nuint)sizeof(NativeMethods));
        *table = new NativeMethods
        {
            Version = hasSharedMemory ? 2 : 1, Close = &Close, Read = &Read, Write = &Write, Truncate = &Truncate, Sync = &Sync,
            FileSize = &FileSize, Lock = &Lock, Unlock = &Unlock,
            CheckReservedLock = &CheckReservedLock, FileControl = &FileControl, SectorSize = &SectorSize,
            Characteristics = &Characteristics, ShmMap = &ShmMap,
            ShmLock = &ShmLock, ShmBarrier = &ShmBarrier, ShmUnmap = &ShmUnmap,
        };
        return table;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Read(NativeFile* file, byte* buffer, int length, long offset)
    {
        var real = CheckedFile.Real(file);
        var code = real->Methods->Read(real, buffer, length, offset);
        return code != Ok || PageDamage.IsIgnored ? code
            : ((CheckedFile*)file)->IsLog != 0 ? LogPages.AfterRead((CheckedFile*)file, buffer, length, offset)
            : DatabasePages.AfterRead((CheckedFile*)file, buffer, length, offset);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(NativeFile* file, byte* buffer, int length, long offset)
    {
        if (((CheckedFile*)file)->IsLog != 0)
        {
            LogPages.BeforeWrite((CheckedFile*)file, length, offset);
        }
        else
        {
            DatabasePages.BeforeWrite((CheckedFile*)file, buffer, length, offset);
        }

        var real = CheckedFile.Real(file);
        return real->Methods->Write(real, buffer, length, offset);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Close(NativeFile* file)
    {
        var real = CheckedFile.Real(file);
        var code = real->Methods->Close(real);
        file->Methods = null;
        return code;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Truncate(NativeFile* file, long size) => CheckedFile.Real(file)->Methods->Truncate(CheckedFile.Real(file), size);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Sync(NativeFile* file, int flags) => CheckedFile.Real(file)->Methods->Sync(CheckedFile.Real(file), flags);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FileSize(NativeFile* file, long* size) => CheckedFile.Real(file)->Methods->FileSize(CheckedFile.Real(file), size);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Lock(NativeFile* file, int level) => CheckedFile.Real(file)->Methods->Lock(CheckedFile.Real(file), level);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Unlock(NativeFile* file, int level) => CheckedFile.Real(file)->Methods->Unlock(CheckedFile.Real(file), level);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int CheckReservedLock(NativeFile* file, int* result) =>
        CheckedFile.Real(file)->Methods->CheckReservedLock(CheckedFile.Real(file), result);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int FileControl(NativeFile* file, int operation, void* argument)
    {
        if (operation != AskState)
        {
            return CheckedFile.Real(file)->Methods->FileControl(CheckedFile.Real(file), operation, argument);
        }

        *(int*)argument = (int)DatabasePages.Inspect((CheckedFile*)file);
        return Ok;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int SectorSize(NativeFile* file) => CheckedFile.Real(file)->Methods->SectorSize(CheckedFile.Real(file));

    // SQLite would read parts of pages around its cache, and a part cannot be compared with the checksum.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Characteristics(NativeFile* file) =>
        CheckedFile.Real(file)->Methods->Characteristics(CheckedFile.Real(file)) & ~SubpageReads;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ShmMap(NativeFile* file, int region, int size, int extend, void** mapped) =>
        CheckedFile.Real(file)->Methods->ShmMap(CheckedFile.Real(file), region, size, extend, mapped);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ShmLock(NativeFile* file, int offset, int count, int flags) =>
        CheckedFile.Real(file)->Methods->ShmLock(CheckedFile.Real(file), offset, count, flags);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ShmBarrier(NativeFile* file) => CheckedFile.Real(file)->Methods->ShmBarrier(CheckedFile.Real(file));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int ShmUnmap(NativeFile* file, int delete) => CheckedFile.Real(file)->Methods->ShmUnmap(CheckedFile.Real(file), delete);
}
