using System.Globalization;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Folders;

/// <summary>
/// The folder that models are pulled into. It contains <c>step-N</c> for each pulled model, the pointer <c>current</c>, and dot-names for
/// the lock and for models being pulled or removed. One process uses it at a time and removes what a killed one left.
/// </summary>
internal sealed class PullFolder : IDisposable
{
    private const string Prefix = "step-";
    private const string Incoming = ".incoming-";
    private const string LockName = ".fish-pull.lock";
    private const int StateDigits = 8;

    private readonly FileStream lockFile;
    private readonly ICurrentPointer pointer;
    private readonly Action<string> onWarning;
    private bool warned;

    private PullFolder(string path, FileStream lockFile, ICurrentPointer pointer, Action<string> onWarning) =>
        (Path, this.lockFile, this.pointer, this.onWarning) = (path, lockFile, pointer, onWarning);

    /// <summary>Its path.</summary>
    public string Path { get; }

    /// <summary>The folder for deltas while they are applied.</summary>
    public static string SpoolOf(string folder) => System.IO.Path.Combine(folder, $"{Incoming}spool");

    /// <summary>Locks a folder; creates it if it does not exist.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="onWarning">Called once if the pointer exists but its link does not.</param>
    /// <param name="pointer">The pointer; <see langword="null"/>: the operating system's kind.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: another process uses it, or it holds something
    /// else.</exception>
    public static PullFolder Open(string path, Action<string> onWarning, ICurrentPointer? pointer = null)
    {
        path = System.IO.Path.GetFullPath(path);
        Directory.CreateDirectory(path);
        var folder = new PullFolder(path, Lock(path), pointer ?? ICurrentPointer.Here, onWarning);
        try
        {
            folder.Find();
            folder.RemoveLeftovers();
            folder.Warn(folder.pointer.Mend(path, folder.TemporaryPath()));
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>The folder that <c>current</c> points at; <see langword="null"/> if nothing was pulled yet.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>.</exception>
    public PulledFolder? Find() => pointer.Read(Path) is { } name ? At(name) : null;

    /// <summary>All pulled models, the newest pull first.</summary>
    public IReadOnlyList<PulledFolder> All() =>
        [.. Directory.EnumerateDirectories(Path, $"{Prefix}*").Select(path => At(System.IO.Path.GetFileName(path)))
        .Where(folder => folder.Manifest is not null).OrderByDescending(folder => folder.Manifest!.Pulled)];

    /// <summary>Begins to pull a model.</summary>
    public IncomingFolder Begin() => new(TemporaryPath());

    /// <summary>Moves a pulled model to its final place and points at it.</summary>
    public PulledFolder Place(IncomingFolder incoming, PulledManifest manifest)
    {
        var placed = incoming.MoveTo(FreePlace(manifest), manifest);
        Point(placed);
        return placed;
    }

    /// <summary>Points at a model in the folder.</summary>
    public void Point(PulledFolder folder) => Warn(pointer.Move(Path, folder.Name, TemporaryPath()));

    /// <summary>Removes older models except the last few. The pointer's target always stays.</summary>
    /// <param name="keep">How many others stay: the most recently pulled ones.</param>
    /// <param name="before">The previous target, which may still have readers; it is the first to stay.</param>
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
            // The folder's next owner tries again.
        }

        lockFile.Dispose();
    }

    private static FileStream Lock(string path)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (FileLock.IsTaken(error))
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

    // The name has the step; it adds the state if a damaged or replaced model of that step uses the name.
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
                    ErrorCode.FolderTaken, place, "A pull did not create this folder.", "Pull into another folder, or move it away.");
            }

            Remove(place);
        }

        return place;
    }

    // Renamed first, so that nobody finds half of a model under its name.
    private void Remove(string folder)
    {
        var discarded = TemporaryPath();
        Directory.Move(folder, discarded);
        Directory.Delete(discarded, recursive: true);
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

    // Each move would repeat the warning.
    private void Warn(string? warning)
    {
        if (warning is not null && !warned)
        {
            warned = true;
            onWarning(warning);
        }
    }

    private string TemporaryPath() => System.IO.Path.Combine(Path, $"{Incoming}{Guid.NewGuid():N}");
}
