using System.Security.Cryptography;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Checkpoints;

/// <summary>
/// The side files that tasks of the server are known to have, since saves with them were answered. A file is digested once, and again when
/// its length or its time of change is another one. Safe for use by many callers at once.
/// </summary>
internal sealed class KnownSideFiles
{
    private const int Capacity = 10_000;

    // A file that was written just now may be written again at what its time of change says is the same moment.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private readonly HashSet<(string Task, Digest Sha256)> known = [];
    private readonly Dictionary<string, (long Length, DateTime Written, Digest Sha256)> digests = new(StringComparer.Ordinal);

    /// <summary>A save whose side files go by their digests, as far as the task has them.</summary>
    /// <returns><see langword="null"/> where it is known to have none of them, or the save says itself which it has.</returns>
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

    /// <summary>Takes note of files that a save of the task was answered with.</summary>
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
                // Gone since it was sent: the next save says so, if it brings it.
            }
        }
    }

    /// <summary>The server does not have all of them any more.</summary>
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
        if (DateTime.UtcNow - written > Settled)
        {
            digests[path] = (length, written, sha256);
        }

        return sha256;
    }
}
