using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Training;

/// <summary>Reports saves to operators: a file of JSON lines, and the runtime's metrics (meter <c>FishCheckpoint.Training</c>).</summary>
internal sealed class SaveLog(string task, CheckpointHookOptions options) : IDisposable
{
    private static readonly Meter Meter = new("FishCheckpoint.Training");
    private static readonly Histogram<double> Stalls = Meter.CreateHistogram<double>(
        "fishcheckpoint.save.stall", "s", "How long training waited for a save.");
    private static readonly Histogram<double> Backgrounds = Meter.CreateHistogram<double>(
        "fishcheckpoint.save.background", "s", "How long the store worked on a save.");
    private static readonly Counter<long> Bytes = Meter.CreateCounter<long>(
        "fishcheckpoint.save.stored", "By", "Bytes that saves added to the store.");

    private StreamWriter? file;

    public void Write(SaveReport report)
    {
        var tags = new TagList { { "task", task }, { "outcome", report.Error is null ? "stored" : "failed" } };
        Stalls.Record(report.Stall.TotalSeconds, tags);
        Backgrounds.Record(report.Background.TotalSeconds, tags);
        Bytes.Add(report.StoredBytes, tags);
        if (options.LogFile is null)
        {
            return;
        }

        file ??= new StreamWriter(options.LogFile, append: true) { AutoFlush = true };
        file.WriteLine(JsonSerializer.Serialize(
            new
            {
                Time = options.Clock.GetUtcNow(), Task = task, report.Step, StallSeconds = report.Stall.TotalSeconds,
                BackgroundSeconds = report.Background.TotalSeconds, report.Changed, report.StoredBytes, report.Created, report.Retries,
                Leaked = report.Leak?.Count, Error = report.Error?.Message,
            },
            FishJson.Options));
    }

    public void Dispose() => file?.Dispose();
}
