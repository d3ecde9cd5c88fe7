using System.Diagnostics;
using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine;
using FishCheckpoint.Masks;
using FishCheckpoint.Reports;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Benchmarks.EndToEnd.Reclaim;

/// <summary>A store of some gigabytes, of tasks whose checkpoints depend on each other in all the ways there are.</summary>
/// <param name="Digests">The SHA-256 of each checkpoint's model as a file, by task and step.</param>
internal sealed record ReclaimStore(IReadOnlyDictionary<(string Task, long Step), string> Digests)
{
    /// <summary>One mask: each checkpoint is based on the base, and predicted from the one before it.</summary>
    public const string Fixed = "fixed";

    /// <summary>A mask a step: each checkpoint is based on the one before it.</summary>
    public const string Chain = "chain";

    /// <summary>As <see cref="Chain"/>, and folded.</summary>
    public const string Folded = "folded";

    /// <summary>A task that goes as a whole.</summary>
    public const string Trial = "trial";

    private const double Redrawn = 2 / 3.0;
    private const double FoldedCost = 1.3;

    /// <summary>Makes it.</summary>
    /// <param name="folder">Where it lies.</param>
    /// <param name="megabytes">Of the base.</param>
    /// <param name="steps">Checkpoints of a task; of the one that goes as a whole a third of it.</param>
    public static async Task<ReclaimStore> CreateAsync(string folder, int megabytes, int steps)
    {
        var digests = new Dictionary<(string, long), string>();
        await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = folder });
        await using (var file = new ReclaimModel(megabytes, 0).ToFile())
        {
            await store.Bases.AddAsync("base", ModelUpload.FromStream(file));
        }

        foreach (var (index, (task, count)) in new[] { (Fixed, steps), (Chain, steps), (Folded, steps), (Trial, steps / 3) }.Index())
        {
            await FillAsync(store, task, count, new ReclaimModel(megabytes, index + 1), digests);
        }

        var folded = await store.Maintenance.FoldAsync(new FoldOptions { Task = Folded, MaxReadCost = FoldedCost });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{folded.Folded} checkpoints folded"));
        return new ReclaimStore(digests);
    }

    private static async Task FillAsync(
        CheckpointStore store, string task, int count, ReclaimModel model, Dictionary<(string, long), string> digests)
    {
        await store.Tasks.PutAsync(task, new TaskSpec("base"));
        Mask? mask = null;
        for (var step = 1; step <= count; step++)
        {
            mask = mask is null || task is Chain or Folded ? model.Draw(Redrawn) : mask;
            var options = new SaveOptions { Parent = task is Chain or Folded ? ParentChoice.Previous : ParentChoice.Base };
            await store.Checkpoints.SaveAsync(task, step, new CheckpointContent.Changed(model.Next(mask)), options);
            digests[(task, step)] = model.Sha256();
        }

        var bytes = DiskSize.Of(((StoreOptions)store.Options).DataFolder).Database;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{task}: {count} checkpoints, {bytes / 1e6:N0} MB in all"));
    }
}

/// <summary>What a data folder takes, as the file system says it.</summary>
/// <param name="Database">Length of the database's file and its log.</param>
/// <param name="Blocks">Bytes of the blocks of everything in the folder, as <c>du</c> counts them.</param>
internal sealed record DiskSize(long Database, long Blocks)
{
    public static DiskSize Of(string folder)
    {
        using var du = Process.Start(
            new ProcessStartInfo("du", ["-s", "-B1", folder]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var blocks = long.Parse(du.StandardOutput.ReadToEnd().Split('\t')[0], CultureInfo.InvariantCulture);
        du.WaitForExit();
        return new DiskSize(LengthOf(folder, "fish.db") + LengthOf(folder, "fish.db-wal"), blocks);
    }

    /// <summary>What a report says of it: bases, database and log.</summary>
    public static long Reported(StorageReport report) => report.Disk!.Bases + report.Disk.Database + report.Disk.Wal;

    private static long LengthOf(string folder, string name) =>
        new FileInfo(Path.Combine(folder, name)) is { Exists: true } file ? file.Length : 0;
}
