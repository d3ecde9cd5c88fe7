using System.Globalization;
using System.Text.Json;
using FishCheckpoint.Checkpoints;

namespace FishCheckpoint.Training;

/// <summary>The metrics of steps: what can be kept of them, and which step is the best so far. Used on the training thread only.</summary>
internal sealed class StepMetrics(CheckpointHookOptions options, IReadOnlyDictionary<string, string> metadata)
{
    private double? best;
    private bool warned;

    /// <summary>Copies metrics. What a checkpoint cannot keep is left out, with one warning: no metric costs a checkpoint.</summary>
    public IReadOnlyDictionary<string, double>? Copy(long step, IReadOnlyDictionary<string, double>? metrics)
    {
        if (metrics is null)
        {
            return null;
        }

        var kept = new Dictionary<string, double>(metrics.Count, StringComparer.Ordinal);
        var left = SaveInfo.MaxBytes - new SaveInfo(kept, metadata).ToJson().Length;

        // The monitored one first: it decides what is kept.
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
                $"step {step}: {metrics.Count - kept.Count} of {metrics.Count} metrics are left out, here and in later steps without "
                + $"a word: a name has 1 to {SaveInfo.MaxNameLength} characters and no controls, and metrics and metadata are at most "
                    + $"{SaveInfo.MaxBytes} bytes of JSON"));
        }

        return kept;
    }

    /// <summary>Whether the monitored metric is better than in all due steps before; notes it.</summary>
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
