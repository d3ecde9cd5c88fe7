using System.Globalization;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary>Reads metrics: <c>loss=0.31</c>.</summary>
internal static class MetricOptions
{
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    public static Dictionary<string, double> Parse(IEnumerable<string> texts)
    {
        var metrics = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var split = text.IndexOf('=');
            if (split <= 0 || !double.TryParse(text.AsSpan(split + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            {
                throw new FishException(ErrorCode.RequestInvalid, text, "This is no metric.", "Write KEY=VALUE with a finite number, as in loss=0.31.");
            }

            metrics[text[..split]] = value;
        }

        return metrics;
    }
}
