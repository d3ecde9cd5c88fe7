using System.Runtime.InteropServices;
using System.Text;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Folders;

/// <summary>The link <c>current</c>, which Linux and macOS replace atomically.</summary>
internal sealed unsafe class LinkPointer : ICurrentPointer
{
    /// <summary>The link's name.</summary>
    public const string Name = "current";

    /// <inheritdoc/>
    public string? Read(string folder) => TargetIn(folder);

    /// <inheritdoc/>
    public string? Move(string folder, string target, string temporary)
    {
        File.CreateSymbolicLink(temporary, target);
        Rename(temporary, Path.Combine(folder, Name));
        AtomicFile.SyncFolder(folder);
        return null;
    }

    /// <inheritdoc/>
    public string? Mend(string folder, string temporary) => null;

    /// <summary>The name of the link's target folder; <see langword="null"/> if there is no link.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: it is not a link, or its target is elsewhere.</exception>
    public static string? TargetIn(string folder)
    {
        var path = Path.Combine(folder, Name);
        return new FileInfo(path).LinkTarget is { } target
            ? target.Contains('/', StringComparison.Ordinal) || target.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
                ? throw Taken(path, $"points at '{target}'") : target
            : Path.Exists(path) ? throw Taken(path, "is not a link") : null;
    }

    // .NET cannot rename a link to a folder over another one.
    private static void Rename(string from, string to)
    {
        fixed (byte* source = Encoding.UTF8.GetBytes(from + '\0'), destination = Encoding.UTF8.GetBytes(to + '\0'))
        {
            var rename = (delegate* unmanaged<byte*, byte*, int>)NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "rename");
            if (rename(source, destination) != 0)
            {
                var error = Marshal.GetLastSystemError();
                throw new IOException($"The link '{to}' cannot be replaced (errno {error}).", error);
            }
        }
    }

    private static FishException Taken(string path, string what) => new(
        ErrorCode.FolderTaken, path, $"It {what}; expected a link to a folder beside it.", "Pull into another folder, or remove it.");
}
