using System.Globalization;
using System.Runtime.InteropServices;
using FishCheckpoint.Errors;
using Microsoft.Win32.SafeHandles;

namespace FishCheckpoint.Tensors;

/// <summary>Where an output goes: links are followed to what they lead to, and pipes and devices are written into, for they cannot be
/// replaced by a file.</summary>
internal static unsafe class OutputPlace
{
    private const int MaxLinks = 40;
    private const int TypeMask = 0xF000;
    private const int Fifo = 0x1000;
    private const int CharacterDevice = 0x2000;
    private const int BlockDevice = 0x6000;
    private const int Socket = 0xC000;

    // statx: AT_FDCWD, and where the mode is in what it fills.
    private const int CurrentFolder = -100;
    private const int StatxMode = 28;
    private const int MacStatMode = 4;
    private const int StatBytes = 256;

    /// <summary>Whether a path is written into as it is.</summary>
    public static bool IsDirect(string path) => !OperatingSystem.IsWindows() && (DescriptorOf(path) is not null
        || TypeOf(path) is Fifo or CharacterDevice or BlockDevice);

    /// <summary>Opens what is written into as it is.</summary>
    /// <returns><see langword="null"/> for a file, or a place where one can be made.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: a socket, which has no content to write.</exception>
    public static FileStream? OpenDirect(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        // A descriptor of this process is written where it stands: a path to it would open the file behind it anew, and no path opens a
        // socket.
        if (DescriptorOf(path) is { } descriptor)
        {
            return new FileStream(new SafeFileHandle(descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        }

        return TypeOf(path) switch
        {
            Fifo or CharacterDevice or BlockDevice => new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite,
                bufferSize: 0),
            Socket => throw new FishException(ErrorCode.FolderTaken, path, "This is a socket, which takes no file.",
                "Name a file, a pipe, or - for standard output."),
            _ => null,
        };
    }

    /// <summary>The place that a path leads to over links, which stay; the last link may lead to what is not there yet.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: the links lead in a circle.</exception>
    public static string Follow(string path)
    {
        path = Path.GetFullPath(path);
        for (var links = 0; new FileInfo(path).LinkTarget is { } target; links++)
        {
            if (links == MaxLinks)
            {
                throw new FishException(ErrorCode.FolderTaken, path, "The links lead in a circle.",
                    "Name another file, or remove the links.");
            }

            path = Path.GetFullPath(target, Path.GetDirectoryName(path)!);
        }

        return path;
    }

    /// <summary>The descriptor that a path names: <c>/dev/stdout</c>, <c>/dev/stderr</c>, <c>/dev/fd/N</c> or
    /// <c>/proc/self/fd/N</c>.</summary>
    public static int? DescriptorOf(string path) => OperatingSystem.IsWindows() ? null : Path.GetFullPath(path) switch
    {
        "/dev/stdout" => 1,
        "/dev/stderr" => 2,
        var full when full.StartsWith("/dev/fd/", StringComparison.Ordinal) || full.StartsWith("/proc/self/fd/",
            StringComparison.Ordinal) =>
            int.TryParse(Path.GetFileName(full), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null,
        _ => null,
    };

    // The type bits of what a path leads to; 0 where nothing is there, or the system does not say it.
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
