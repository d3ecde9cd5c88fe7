using System.Globalization;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Folders;

/// <summary>
/// The folder that models are pulled into: <c>step-N</c> for each that is there, the pointer <c>current</c>, and what is hidden: the
/// lock, and what is being pulled or removed. One process at a time; what one that was killed has left goes when the next begins.
/// </summary>
internal sealed class PullFolder : IDisposable
{
    private const string Prefix = "step-";
    private const string Incoming = ".incoming-";
    private const string LockName = ".fish-pull.lock";
    private const int StateDigits = 8;

    private readonly FileStream held;
    private readonly ICurrentPointer pointer;
    private readonly Action<string> onWarning;
    private bool warned;

    private PullFolder(string path, FileStream held, ICurrentPointer pointer, Action<string> onWarning) =>
        (Path, this.held, this.pointer, this.onWarning) = (path, held, pointer, onWarning);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Where deltas may lie while they are applied.</summary>
    public static string SpoolOf(string folder) => System.IO.Path.Combine(folder, $"{Incoming}spool");

    /// <summary>Takes a folder; makes it where it is not there.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="onWarning">Called once if the pointer is there but its link is not.</param>
    /// <param name="pointer">The pointer; <see langword="null"/>: this system's.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: another process has it, or it holds something else.</exception>
    public static PullFolder Open(string path, Action<string> onWarning, ICurrentPointer? pointer = null)
    {
        path = System.IO.Path.GetFullPath(path);
        Directory.CreateDirectory(path);
        var folder = new PullFolder(path, Lock(path), pointer ?? ICurrentPointer.Here, onWarning);
        try
        {
            folder.Find();
            folder.RemoveLeftovers();
            folder.Warn(folder.pointer.Mend(path, folder.Hidden()));
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>The folder that <c>current</c> points at; <see langword="null"/> before anything was pulled.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>.</exception>
    public PulledFolder? Find() => pointer.Read(Path) is { } name ? At(name) : null;

    /// <summary>All models that are there, the last pulled first.</summary>
    public IReadOnlyList<PulledFolder> All() =>
        [.. Directory.EnumerateDirectories(Path, $"{Prefix}*").Select(path => At(System.IO.Path.GetFileName(path)))
        .Where(folder => folder.Manifest is not null).OrderByDescending(folder => folder.Manifest!.Pulled)];

    /// <summary>Begins to pull a model.</summary>
    public IncomingFolder Begin() => new(Hidden());

    /// <summary>Gives a pulled model its place, and points at it.</summary>
    public PulledFolder Place(IncomingFolder incoming, PulledManifest manifest)
    {
        var placed = incoming.MoveTo(FreePlace(manifest), manifest);
        Point(placed);
        return placed;
    }

    /// <summary>Points at a model that is there.</summary>
    public void Point(PulledFolder folder) => Warn(pointer.Move(Path, folder.Name, Hidden()));

    /// <summary>Removes the older models but for a few. What is pointed at stays.</summary>
    /// <param name="keep">How many stay besides: those that were pulled last.</param>
    /// <param name="before">The one that was pointed at before, which others may still be reading: the first of those that stay.</param>
    public void Tidy(int keep, PulledFolder? before)
    {
        var current = pointer.Read(Path);
        foreach (var folder in All().Where(folder => folder.Name != current).OrderByDescending(folder => folder.Name == before?.Name)
            .Skip(keep))
        {
            Remove(folder.Path);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            RemoveLeftovers();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Who takes the folder next tries again.
        }

        held.Dispose();
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (!FullDisk.Is(error))
        {
            throw new FishException(ErrorCode.FolderTaken, path, $"Another process pulls into this folder: {error.Message}",
                "End it, or pull into another folder.", error);
        }
    }

    private PulledFolder At(string name)
    {
        var path = System.IO.Path.Combine(Path, name);
        return new PulledFolder(path, PulledManifest.Read(path));
    }

    // Named by the step; by the state too where that name is in use: of a damaged model, or of another one that had the step.
    private string FreePlace(PulledManifest manifest)
    {
        var current = pointer.Read(Path);
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{manifest.Step}");
        var place = System.IO.Path.Combine(Path, name == current ? $"{name}-{manifest.State.ToString()[..StateDigits]}" : name);
        if (Directory.Exists(place))
        {
            if (!File.Exists(System.IO.Path.Combine(place, PulledManifest.FileName)))
            {
                throw new FishException(
                    ErrorCode.FolderTaken, place, "The folder is none that a pull has made.", "Pull into another folder, or move it away.");
            }

            Remove(place);
        }

        return place;
    }

    // Out of sight first: nobody finds half of a model under its name.
    private void Remove(string folder)
    {
        var hidden = Hidden();
        Directory.Move(folder, hidden);
        Directory.Delete(hidden, recursive: true);
    }

    private void RemoveLeftovers()
    {
        foreach (var entry in new DirectoryInfo(Path).EnumerateFileSystemInfos($"{Incoming}*"))
        {
            if (entry is DirectoryInfo { LinkTarget: null } folder)
            {
                folder.Delete(recursive: true);
            }
            else if (entry is DirectoryInfo)
            {
                LinkCalls.Remover(entry.FullName);
            }
            else
            {
                File.Delete(entry.FullName);
            }
        }
    }

    // Each move would say the same.
    private void Warn(string? warning)
    {
        if (warning is not null && !warned)
        {
            warned = true;
            onWarning(warning);
        }
    }

    private string Hidden() => System.IO.Path.Combine(Path, $"{Incoming}{Guid.NewGuid():N}");
}
