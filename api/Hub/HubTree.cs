using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Api.Hub;

/// <summary>The files of a revision and the folders of their paths, by path.</summary>
internal sealed class HubTree
{
    private readonly SortedDictionary<string, RestoredFile?> entries = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<RestoredFile> files;

    public HubTree(IReadOnlyList<RestoredFile> files)
    {
        this.files = files;
        foreach (var file in files)
        {
            entries[file.Name] = file;
            for (var end = file.Name.LastIndexOf('/'); end > 0 && entries.TryAdd(file.Name[..end], null);)
            {
                end = file.Name.LastIndexOf('/', end - 1);
            }
        }
    }

    /// <summary>Whether a folder exists; the empty path is the top.</summary>
    public bool HasFolder(string path) => path.Length == 0 || (entries.TryGetValue(path, out var file) && file is null);

    /// <summary>The paths in a folder, in order.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="recursive">Whether to include subfolders.</param>
    public IEnumerable<string> Below(string folder, bool recursive)
    {
        var start = folder.Length == 0 ? 0 : folder.Length + 1;
        return entries.Keys.Where(path => path.Length > start && (start == 0 || path.StartsWith($"{folder}/", StringComparison.Ordinal))
            && (recursive || path.IndexOf('/', start) < 0));
    }

    /// <summary>The protocol's metadata of a path.</summary>
    public HubEntry Describe(string path, HubCommit? lastCommit) => entries[path] is { } file ? HubEntry.Of(file, lastCommit)
        : HubEntry.Of(path, files.Where(file => file.Name.StartsWith($"{path}/", StringComparison.Ordinal)), lastCommit);
}
