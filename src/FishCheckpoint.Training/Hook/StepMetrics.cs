using System.Globalization;
using System.Text.Json;
using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Training;

/// <summary>The metrics of steps: those that a checkpoint can store, and the best step so far. Used on the training thread only.</summary>
internal sealed class StepMetrics(CheckpointHookOptions options, IReadOnlyDictionary<string, string> metadata)
{
    private double? best;
    private bool warned;

    /// <summary>
    /// Copies metrics. Metrics that a checkpoint cannot store are left out with one warning: no metric costs a checkpoint.
    /// </summary>
    public IReadOnlyDictionary<string, double>? Copy(long step, IReadOnlyDictionary<string, double>? metrics)
    {
        if (metrics is null)
        {
            return null;
        }

        var kept = new Dictionary<string, double>(metrics.Count, StringComparer.Ordinal);
        var left = SaveInfo.MaxBytes - new SaveInfo(kept, metadata).ToJson().Length;

        // The monitored metric first: it decides which checkpoint is the best.
        foreach (var (name, value) in metrics.OrderBy(pair => pair.Key == options.Monitor ? 0 : 1))
        {
            if (SaveInfo.IsName(name) && (left -= BytesOf(name, value)) >= 0)
            {
                kept[name] = value;
            }
        }

        if (kept.Count < metrics.Count && !warned)
        {
            warned = true;
            options.OnWarning(string.Create(
                CultureInfo.InvariantCulture,
                $"step {step}: {metrics.Count - kept.Count} of {metrics.Count} metrics are left out; later steps leave them out without "
                + $"a warning. A name has 1 to {SaveInfo.MaxNameLength} characters and no control characters; metrics and metadata have "
                    + $"at most {SaveInfo.MaxBytes} bytes of JSON"));
        }

        return kept;
    }

    /// <summary>Whether the monitored metric is better than in all earlier due steps; records it.</summary>
    public bool IsBest(IReadOnlyDictionary<string, double>? metrics)
    {
        if (options.Monitor is not { } monitor || metrics?.TryGetValue(monitor, out var value) != true || !double.IsFinite(value))
        {
            return false;
        }

        var better = best is not { } known || (options.Mode == "max" ? value > known : value < known);
        best = better ? value : best;
        return better;
    }

    private static int BytesOf(string name, double value) =>
        JsonSerializer.SerializeToUtf8Bytes(name).Length + value.ToString("R", CultureInfo.InvariantCulture).Length + 4;
}
