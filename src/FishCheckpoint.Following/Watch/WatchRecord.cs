using System.Text;
using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Watch;

/// <summary>
/// What was saved out of a watched folder, as a hidden file in it: so that nothing is read again only to find that it is stored.
/// </summary>
/// <param name="Version">Of this form: 1.</param>
/// <param name="Task">The task.</param>
/// <param name="Base">The identity of its base.</param>
/// <param name="Saved">What was saved, by name.</param>
internal sealed record WatchRecord(int Version, string Task, Digest Base, Dictionary<string, SavedDrop> Saved)
{
    /// <summary>The name of its file.</summary>
    public const string FileName = ".fish-watch.json";

    private const int Current = 1;
    private const long MaxBytes = 1 << 26;

    /// <summary>Reads the record of a folder; an empty one where there is none of this task and base.</summary>
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
            // As none: what is stored is found out by saving it again.
        }

        return new WatchRecord(Current, task.Name, task.BaseId, new Dictionary<string, SavedDrop>(StringComparer.Ordinal));
    }

    /// <summary>Whether a version was saved as it looks now.</summary>
    public SavedDrop? Find(Drop drop) =>
        Saved.TryGetValue(drop.Name, out var saved) && saved.Step == drop.Step && saved.Look == LookOf(drop) ? saved : null;

    /// <summary>Notes that a version was saved.</summary>
    public void Add(Drop drop, Digest state) => Saved[drop.Name] = new SavedDrop(drop.Step, LookOf(drop), state);

    /// <summary>Writes the record; of versions that are gone nothing is kept.</summary>
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

/// <summary>A version that was saved.</summary>
/// <param name="Step">Its step.</param>
/// <param name="Look">SHA-256 of how its files looked from outside.</param>
/// <param name="State">The identity of the state that the store has of it.</param>
internal sealed record SavedDrop(long Step, Digest Look, Digest State);
