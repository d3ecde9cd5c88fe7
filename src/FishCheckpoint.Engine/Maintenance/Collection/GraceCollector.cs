using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Access;
using FishCheckpoint.Engine.Chains;
using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Engine.Maintenance.Collection;

/// <summary>Removes deleted checkpoints and tasks past their grace, a few per transaction, so that nobody waits long.</summary>
internal static class GraceCollector
{
    // Per transaction, since other writers wait for it.
    private const int MaxAtOnce = 1000;

    /// <summary>The deleted checkpoints that a round would remove.</summary>
    /// <param name="view">A snapshot.</param>
    /// <param name="now">The time.</param>
    /// <param name="options">Whether the round ends grace early, and for which task.</param>
    public static IReadOnlyList<long> Expired(ICatalogView view, DateTimeOffset now, CollectOptions options) =>
        view.Grace.Expired(now, options.Now, options.Task);

    /// <summary>Ends the grace of all deletions. None of them can be undone afterwards, removed or not.</summary>
    /// <returns>The checkpoints whose grace ended, and their bytes.</returns>
    public static (long Checkpoints, long Bytes) EndAll(ICatalogWriter writer, DateTimeOffset now, string? task, AuditWriter audit)
    {
        var (count, bytes) = writer.Grace.Count(now, task);
        var tasks = writer.Grace.EndTasks(now, task);
        if (count + tasks > 0)
        {
            writer.Grace.EndCheckpoints(now, task);
            audit.Note(writer, "grace.end", null, task ?? "store", AuditWriter.Deleted, bytes);
        }

        return (count, bytes);
    }

    /// <summary>Ends the grace of the oldest deletions, up to a number of bytes. A deleted task counts as one deletion.</summary>
    /// <returns>Whether there were any.</returns>
    public static bool EndOldest(ICatalogWriter writer, DateTimeOffset now, long bytes, AuditWriter audit)
    {
        var (ended, left, most) = (0L, bytes, MaxAtOnce);
        while (left > 0 && most-- > 0 && writer.Grace.First(now) is var (id, task, withTask))
        {
            var freed = writer.Grace.End(now, id, task, withTask);
            (ended, left) = (ended + freed, left - Math.Max(1, freed));
        }

        if (left < bytes)
        {
            audit.Note(writer, "grace.end", null, "store: the disk is full", AuditWriter.Deleted, ended);
        }

        return left < bytes;
    }

    /// <summary>Removes some deletions past their grace.</summary>
    /// <param name="writer">A transaction.</param>
    /// <param name="now">The time.</param>
    /// <param name="most">The most checkpoints, and the most tasks.</param>
    /// <returns>The removed checkpoints, and whether more may be left.</returns>
    public static (int Removed, bool More) Some(ICatalogWriter writer, DateTimeOffset now, int most)
    {
        var over = writer.Grace.Over(now, most);
        foreach (var (id, frame) in over)
        {
            CheckpointRemover.EndGrace(writer, id, frame);
        }

        var tasks = writer.Grace.TasksOver(now, most);
        tasks.ForEach(task => TaskRemover.EndGrace(writer, task));
        return (over.Count, over.Count == most || tasks.Count == most);
    }
}
