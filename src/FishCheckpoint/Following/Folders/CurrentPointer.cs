using System.Runtime.InteropServices;
using System.Text;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Folders;

/// <summary>The link <c>current</c>, which points at one folder beside it. It is replaced in one step: who follows it finds the old folder or the new one.</summary>
internal static unsafe class CurrentPointer
{
    /// <summary>The link's name.</summary>
    public const string Name = "current";

    /// <summary>The name of the folder that it points at; <see langword="null"/> where there is no link.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: it is no link, or one that leads elsewhere.</exception>
    public static string? Read(string folder)
    {
        var path = Path.Combine(folder, Name);
        return new FileInfo(path).LinkTarget is { } target
            ? target.Contains('/', StringComparison.Ordinal) || target.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal) ? throw Taken(path, $"points at '{target}'") : target
            : Path.Exists(path) ? throw Taken(path, "is no link") : null;
    }

    /// <summary>Points it at a folder, durably.</summary>
    /// <param name="folder">The folder that the link is in.</param>
    /// <param name="target">The name of a folder beside the link.</param>
    /// <param name="temporary">The path that the new link has meanwhile.</param>
    public static void Move(string folder, string target, string temporary)
    {
        File.CreateSymbolicLink(temporary, target);
        Rename(temporary, Path.Combine(folder, Name));
        AtomicFile.SyncFolder(folder);
    }

    // The framework renames no link that points at a folder over another one.
    private static void Rename(string from, string to)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.Delete(to);
            Directory.Move(from, to);
            return;
        }

        fixed (byte* source = Encoding.UTF8.GetBytes(from + '\0'), destination = Encoding.UTF8.GetBytes(to + '\0'))
        {
            if (((delegate* unmanaged<byte*, byte*, int>)NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "rename"))(source, destination) != 0)
            {
                throw new IOException($"The link '{to}' cannot be replaced (errno {Marshal.GetLastSystemError()}).", Marshal.GetLastSystemError());
            }
        }
    }

    private static FishException Taken(string path, string what) => new(
        ErrorCode.FolderTaken, path, $"It {what}; it is to be a link to a folder beside it.", "Pull into another folder, or remove it.");
}
