using System.Globalization;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary>Reads metrics, <c>loss=0.31</c>, and metadata, <c>run=a1</c>.</summary>
internal static class InfoOptions
{
    /// <summary>Reads metrics; the last <c>=</c> ends the name, as a number contains none.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    public static Dictionary<string, double> Metrics(IEnumerable<string> texts) => Parse(
        texts, "metric", "Write KEY=NUMBER, as in loss=0.31; NaN, inf and -inf are numbers too.", text => text.LastIndexOf('='), NumberOf);

    /// <summary>Reads metadata; the first <c>=</c> ends the key.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    public static Dictionary<string, string> Metadata(IEnumerable<string> texts) =>
        Parse(texts, "metadata", "Write KEY=VALUE, as in run=a1.", text => text.IndexOf('='), value => (true, value));

    private static Dictionary<string, T> Parse<T>(IEnumerable<string> texts, string what, string hint, Func<string, int> split,
        Func<string, (bool Is, T Value)> read)
    {
        var found = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            if (split(text) is not (> 0 and var end) || read(text[(end + 1)..]) is not (true, var value))
            {
                throw new FishException(ErrorCode.RequestInvalid, text, $"This is not a valid {what}.", hint);
            }

            if (!found.TryAdd(text[..end], value))
            {
                throw new FishException(ErrorCode.RequestInvalid, text, $"The {what} is given twice.", "Give each key once.");
            }
        }

        return found;
    }

    // The spellings of C, Python and JSON.
    private static (bool Is, double Value) NumberOf(string text) => text.Trim().ToUpperInvariant() switch
    {
        "INF" or "+INF" or "INFINITY" or "+INFINITY" => (true, double.PositiveInfinity),
        "-INF" or "-INFINITY" => (true, double.NegativeInfinity),
        "NAN" or "+NAN" or "-NAN" => (true, double.NaN),
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? (true, value) : (false, 0),
    };
}
