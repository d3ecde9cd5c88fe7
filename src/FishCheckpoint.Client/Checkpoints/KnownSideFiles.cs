using System.Security.Cryptography;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Checkpoints;

/// <summary>
/// The side files that the server acknowledged for each task. A file is digested once, and again when its length or modification time
/// changes. Safe for concurrent callers.
/// </summary>
internal sealed class KnownSideFiles
{
    private const int Capacity = 10_000;

    // A file that was just written may change again without a new modification time.
    private static readonly TimeSpan MinAge = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly HashSet<(string Task, Digest Sha256)> known = [];
    private readonly Dictionary<string, (long Length, DateTime Written, Digest Sha256)> digests = new(StringComparer.Ordinal);

    /// <summary>A save that replaces side files which the task has with their digests.</summary>
    /// <returns><see langword="null"/> if the task is known to have none of them, or the save names its known files itself.</returns>
    public SaveOptions? Name(string task, SaveOptions save)
    {
        lock (gate)
        {
            if (save.SideFiles.Count == 0 || save.KnownSideFiles.Count > 0 || !known.Any(file => file.Task == task))
            {
                return null;
            }

            var named = save.SideFiles.DistinctBy(file => file.Name, StringComparer.Ordinal)
                .Select(file => (file.Name, Sha256: DigestOf(file.Path)))
                .Where(file => known.Contains((task, file.Sha256)))
                .ToDictionary(file => file.Name, file => file.Sha256, StringComparer.Ordinal);
            return named.Count == 0 ? null
                : save with { KnownSideFiles = named, SideFiles = [.. save.SideFiles.Where(file => !named.ContainsKey(file.Name))] };
        }
    }

    /// <summary>Records the files of a save that the server acknowledged.</summary>
    public void Add(string task, IReadOnlyList<SideFile> files)
    {
        lock (gate)
        {
            if (known.Count + digests.Count > Capacity)
            {
                known.Clear();
                digests.Clear();
            }

            try
            {
                known.UnionWith(files.Select(file => (task, DigestOf(file.Path))));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or Errors.FishException)
            {
                // Deleted since it was sent: the next save reports it if it still names the file.
            }
        }
    }

    /// <summary>Forgets a task's files because the server no longer has all of them.</summary>
    public void Forget(string task)
    {
        lock (gate)
        {
            known.RemoveWhere(file => file.Task == task);
        }
    }

    private Digest DigestOf(string path)
    {
        using var content = PositionalFile.OpenInput(path);
        var (length, written) = (content.Length, File.GetLastWriteTimeUtc(content.SafeFileHandle));
        if (digests.TryGetValue(path, out var found) && (found.Length, found.Written) == (length, written))
        {
            return found.Sha256;
        }

        var sha256 = Digest.From(SHA256.HashData(content));
        if (DateTime.UtcNow - written > MinAge)
        {
            digests[path] = (length, written, sha256);
        }

        return sha256;
    }
}
