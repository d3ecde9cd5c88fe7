using System.Globalization;
using System.Text;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Reports;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Benchmarks.EndToEnd.Reclaim;

/// <summary>
/// What a trainer's store takes that saves every minute for longer than a day and keeps a few steps, with several graces of what it
/// deletes.
/// </summary>
internal static class GraceCost
{
    private const int Megabytes = 32;
    private const double Share = 0.0667;
    private const int Minutes = 26 * 60;
    private const int CollectEvery = 10;
    private const int KeepLast = 5;
    private const int KeepEvery = 100;

    /// <summary>Runs it for each grace, and describes what came of it.</summary>
    public static async Task<string> MeasureAsync(string folder)
    {
        var rows = new List<(TimeSpan Grace, StorageReport Report, DiskSize Disk)>();
        foreach (var grace in new[] { TimeSpan.Zero, TimeSpan.FromMinutes(30), TimeSpan.FromHours(24) })
        {
            var own = Path.Combine(folder, $"grace-{Guid.NewGuid():N}");
            try
            {
                var (report, disk) = await TrainAsync(own, grace);
                rows.Add((grace, report, disk));
            }
            finally
            {
                Directory.Delete(own, recursive: true);
            }
        }

        var text = new StringBuilder("### What the grace costs\n\n");
        text.AppendLine(CultureInfo.InvariantCulture, $"""
            A float32 model of {Megabytes * 1.048576:N0} MB, 0.5% of its values on a fixed mask; a save every minute for {Minutes / 60}
            hours, {Minutes:N0} in all, each with a trainer state of two moments; `keepLast` {KeepLast}, `keepEvery` {KeepEvery}, collected
            every {CollectEvery} minutes. At the end, after a collection; the base aside.
            """).AppendLine();
        text.AppendLine("| grace | checkpoints that are kept | MB | in their grace | MB | database, MB | ÷ without a grace |")
            .AppendLine("|---|---:|---:|---:|---:|---:|---:|");
        foreach (var (grace, report, disk) in rows)
        {
            var length = grace == TimeSpan.Zero ? "none" : grace.TotalHours >= 1 ? $"{grace.TotalHours:N0} hours"
                : $"{grace.TotalMinutes:N0} minutes";
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {length} | {report.Checkpoints} | {report.Stored.Total / 1e6:N1} | {report.Grace.Checkpoints:N0} "
                + $"| {report.Grace.Bytes / 1e6:N1} | {disk.Database / 1e6:N1} | {(double)disk.Database / rows[0].Disk.Database:F1} |");
        }

        return text.ToString();
    }

    private static async Task<(StorageReport Report, DiskSize Disk)> TrainAsync(string folder, TimeSpan grace)
    {
        var (clock, model, random) = (new MinuteClock(), new ReclaimModel(Megabytes, 1), new Random(1));
        var mask = model.Draw(Share);
        await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions
        {
            DataFolder = folder, DeletionGrace = grace, Time = clock, Retention = new Retention(KeepLast: KeepLast, KeepEvery: KeepEvery),
                MinFreeBytes = 0,
        });
        await using (var file = model.ToFile())
        {
            await store.Bases.AddAsync("base", ModelUpload.FromStream(file));
        }

        await store.Tasks.PutAsync("task", new TaskSpec("base"));
        var state = new float[2 * mask.Tensors.Sum(tensor => tensor.Positions.Length)];
        for (var minute = 1; minute <= Minutes; minute++)
        {
            clock.Next();
            foreach (ref var moment in state.AsSpan())
            {
                moment = (0.9f * moment) + (random.NextSingle() * 1e-3f);
            }

            var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(state.AsSpan()).ToArray();
            await store.Checkpoints.SaveAsync("task", minute, new CheckpointContent.Changed(
                model.Next(mask)), new SaveOptions { OpenTrainerState = () => new MemoryStream(bytes) });
            if (minute % CollectEvery == 0)
            {
                await store.Maintenance.CollectAsync();
            }
        }

        return (await store.Reports.GetStorageAsync(), DiskSize.Of(folder));
    }

    private sealed class MinuteClock : TimeProvider
    {
        private DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public void Next() => now += TimeSpan.FromMinutes(1);

        public override DateTimeOffset GetUtcNow() => now;
    }
}
