using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Interchange.Import;

/// <summary>
/// The steps of versions. A number is its own step. Other names get consecutive steps from the first step. The name becomes a tag of its
/// step, or an entry in the task's metadata if it cannot be a tag, so that a later import finds it.
/// </summary>
internal sealed class VersionSteps(IFishStore store, ImportOptions options)
{
    private const string MetadataPrefix = "version.";

    private readonly Dictionary<string, long> known = new(StringComparer.Ordinal);
    private TaskInfo? task;
    private long next = options.FirstStep;

    /// <summary>The step of a stored version with this name; <see langword="null"/> if there is none.</summary>
    public async Task<long?> FindAsync(string name, CancellationToken cancellation)
    {
        if (known.TryGetValue(VersionName.KeyOf(name), out var step))
        {
            return step;
        }

        var found = VersionName.NumberOf(name) is { } number ? await StoredAsync(StepRef.At(number), cancellation)
            : IsTag(name) ? await StoredAsync(StepRef.Parse(name), cancellation) : await NotedAsync(name, cancellation);
        if (found is { } there)
        {
            known[VersionName.KeyOf(name)] = there;
            next = VersionName.NumberOf(name) is null ? Math.Max(next, there + 1) : next;
        }

        return found;
    }

    /// <summary>The current or future step of a version.</summary>
    public async Task<long> OfAsync(FoundVersion version, CancellationToken cancellation) =>
        version.Number ?? await FindAsync(version.Name, cancellation) ?? next;

    /// <summary>Records that a version is stored.</summary>
    public async Task NoteAsync(FoundVersion version, long step, CancellationToken cancellation)
    {
        if (known.TryAdd(VersionName.KeyOf(version.Name), step) && version.Number is null)
        {
            next = Math.Max(next, step + 1);
            await (IsTag(version.Name)
                ? store.Checkpoints.SetTagAsync(options.Task, version.Name, StepRef.At(step), cancellation)
                : NoteInTaskAsync(version.Name, step, cancellation));
        }
    }

    private static bool IsTag(string name)
    {
        try
        {
            return Names.CheckTag(name) == name;
        }
        catch (FishException)
        {
            return false;
        }
    }

    private async Task<long?> StoredAsync(StepRef step, CancellationToken cancellation)
    {
        try
        {
            return (await store.Checkpoints.GetAsync(options.Task, step, cancellation)).Step;
        }
        catch (FishException error) when (error.Code is ErrorCode.CheckpointNotFound or ErrorCode.TagNotFound)
        {
            return null;
        }
    }

    private async Task<long?> NotedAsync(string name, CancellationToken cancellation)
    {
        task ??= await store.Tasks.GetAsync(options.Task, cancellation);
        foreach (var (key, value) in task.Metadata)
        {
            if (value == name && key.StartsWith(MetadataPrefix, StringComparison.Ordinal)
                && VersionName.NumberOf(key[MetadataPrefix.Length..]) is { } step)
            {
                return await StoredAsync(StepRef.At(step), cancellation);
            }
        }

        return null;
    }

    private async Task NoteInTaskAsync(string name, long step, CancellationToken cancellation)
    {
        var now = await store.Tasks.GetAsync(options.Task, cancellation);
        var metadata = new Dictionary<string, string>(now.Metadata, StringComparer.Ordinal) { [$"{MetadataPrefix}{step}"] = name };
        task = (await store.Tasks.PutAsync(
            options.Task, new TaskSpec(now.Base, now.Description, metadata, now.Retention, now.Tensors), cancellation)).Value;
    }
}
