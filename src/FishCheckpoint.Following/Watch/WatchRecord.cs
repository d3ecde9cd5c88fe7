using System.Text;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Watch;

/// <summary>
/// The record of saved versions, a dot-file in the watched folder. It avoids reading versions again that are already stored.
/// </summary>
/// <param name="Version">The record's version: 1.</param>
/// <param name="Task">The task.</param>
/// <param name="Base">The identity of its base.</param>
/// <param name="Saved">The saved versions, by name.</param>
internal sealed record WatchRecord(int Version, string Task, Digest Base, Dictionary<string, SavedDrop> Saved)
{
    /// <summary>The record's file name.</summary>
    public const string FileName = ".fish-watch.json";

    private const int Current = 1;
    private const long MaxBytes = 1 << 26;

    /// <summary>Reads the record of a folder; an empty one if there is none of this task and base.</summary>
    public static WatchRecord Read(string folder, TaskInfo task)
    {
        try
        {
            var file = new FileInfo(Path.Combine(folder, FileName));
            if (file.Exists && file.Length <= MaxBytes
                && JsonSerializer.Deserialize<WatchRecord>(
                    File.ReadAllBytes(file.FullName), FishJson.Options) is { Version: Current, Saved: not null } read
                && read.Task == task.Name && read.Base == task.BaseId && read.Saved.Values.All(saved => saved is not null))
            {
                return read;
            }
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            // Counts as empty: saving a stored version again changes nothing.
        }

        return new WatchRecord(Current, task.Name, task.BaseId, new Dictionary<string, SavedDrop>(StringComparer.Ordinal));
    }

    /// <summary>Whether a version was saved and has not changed since.</summary>
    public SavedDrop? Find(Drop drop) =>
        Saved.TryGetValue(drop.Name, out var saved) && saved.Step == drop.Step && saved.Look == LookOf(drop) ? saved : null;

    /// <summary>Records that a version was saved.</summary>
    public void Add(Drop drop, Digest state) => Saved[drop.Name] = new SavedDrop(drop.Step, LookOf(drop), state);

    /// <summary>Writes the record, without versions that no longer exist.</summary>
    public void Write(string folder, IEnumerable<Drop> there)
    {
        var names = there.Select(drop => drop.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in Saved.Keys.Where(name => !names.Contains(name)).ToArray())
        {
            Saved.Remove(gone);
        }

        using var file = AtomicFile.Create(Path.Combine(folder, FileName));
        JsonSerializer.Serialize(file.Stream, this, FishJson.Options);
        file.Commit();
    }

    private static Digest LookOf(Drop drop) => Digest.Of(Encoding.UTF8.GetBytes(drop.Look));
}

/// <summary>A saved version.</summary>
/// <param name="Step">Its step.</param>
/// <param name="Look">SHA-256 of the metadata of its files.</param>
/// <param name="State">The identity of its state in the store.</param>
internal sealed record SavedDrop(long Step, Digest Look, Digest State);
