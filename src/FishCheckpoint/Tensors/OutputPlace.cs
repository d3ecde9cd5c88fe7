using System.Globalization;
using System.Runtime.InteropServices;
using FishCheckpoint.Errors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Tensors;

/// <summary>
/// Resolves the path of an output: follows links, and opens pipes and devices directly, because a file must not replace them.
/// </summary>
internal static unsafe class OutputPlace
{
    private const int MaxLinks = 40;
    private const int TypeMask = 0xF000;
    private const int Fifo = 0x1000;
    private const int CharacterDevice = 0x2000;
    private const int BlockDevice = 0x6000;
    private const int Socket = 0xC000;

    // statx: AT_FDCWD, and the offset of the mode in its result.
    private const int CurrentFolder = -100;
    private const int StatxMode = 28;
    private const int MacStatMode = 4;
    private const int StatBytes = 256;

    /// <summary>Whether a path is written directly.</summary>
    public static bool IsDirect(string path) => !OperatingSystem.IsWindows() && (DescriptorOf(path) is not null
        || TypeOf(path) is Fifo or CharacterDevice or BlockDevice);

    /// <summary>Opens a path that is written directly.</summary>
    /// <returns><see langword="null"/> for a file, or for a path at which one can be created.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: the path is a socket.</exception>
    public static FileStream? OpenDirect(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        // A descriptor of this process is used as it is: opening its path would open the file a second time, and fails for a socket.
        if (DescriptorOf(path) is { } descriptor)
        {
            return new FileStream(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        }

        return TypeOf(path) switch
        {
            Fifo or CharacterDevice or BlockDevice => new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite,
                bufferSize: 0),
            Socket => throw new FishException(ErrorCode.FolderTaken, path, "The path is a socket, which cannot be an output.",
                "Give a file, a pipe, or - for standard output."),
            _ => null,
        };
    }

    /// <summary>The target of a path's links. The links stay, and the target need not exist.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: the links form a loop.</exception>
    public static string Follow(string path)
    {
        path = Path.GetFullPath(path);
        for (var links = 0; new FileInfo(path).LinkTarget is { } target; links++)
        {
            if (links == MaxLinks)
            {
                throw new FishException(ErrorCode.FolderTaken, path, "The path's links form a loop.",
                    "Give another path, or remove the links.");
            }

            path = Path.GetFullPath(target, Path.GetDirectoryName(path)!);
        }

        return path;
    }

    /// <summary>
    /// The descriptor that a path refers to: <c>/dev/stdout</c>, <c>/dev/stderr</c>, <c>/dev/fd/N</c> or <c>/proc/self/fd/N</c>.
    /// </summary>
    public static int? DescriptorOf(string path) => OperatingSystem.IsWindows() ? null : Path.GetFullPath(path) switch
    {
        "/dev/stdout" => 1,
        "/dev/stderr" => 2,
        var full when full.StartsWith("/dev/fd/", StringComparison.Ordinal) || full.StartsWith("/proc/self/fd/",
            StringComparison.Ordinal) =>
            int.TryParse(Path.GetFileName(full), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null,
        _ => null,
    };

    // The type bits of a path's target; 0 if it does not exist or the system does not report them.
    private static int TypeOf(string path)
    {
        var filled = stackalloc byte[StatBytes];
        fixed (byte* name = System.Text.Encoding.UTF8.GetBytes(path + '\0'))
        {
            if (OperatingSystem.IsMacOS())
            {
                return Find(RuntimeInformation.ProcessArchitecture == Architecture.X64 ? "stat$INODE64" : "stat") is var call and not 0
                    && ((delegate* unmanaged<byte*, byte*, int>)call)(name, filled) == 0 ? *(ushort*)(filled + MacStatMode) & TypeMask : 0;
            }

            const uint typeWanted = 1;
            return Find("statx") is var statx and not 0
                && ((delegate* unmanaged<int, byte*, int, uint, byte*, int>)statx)(CurrentFolder, name, 0, typeWanted, filled) == 0
                ? *(ushort*)(filled + StatxMode) & TypeMask : 0;
        }
    }

    private static nint Find(string call) => NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), call, out var found) ? found
        : 0;
}
