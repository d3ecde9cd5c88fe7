using System.Globalization;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary>Reads amounts as people write them: bytes and time spans.</summary>
internal static class Amounts
{
    // Longer units first: GB ends in B too.
    private static readonly (string Unit, decimal Bytes)[] Sizes =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("KB", 1e3m), ("MB", 1e6m), ("GB", 1e9m), ("TB", 1e12m),
        ("B", 1), ("", 1),
    ];

    private static readonly (string Unit, decimal Seconds)[] Spans = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400), ("w", 604_800)];

    /// <summary>Bytes, as in <c>10GB</c>, <c>1.5TiB</c> or <c>4096</c>.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    public static long Bytes(string text) =>
        (long)(Parse(text, Sizes, long.MaxValue) ?? throw Wrong(text, "number of bytes", "10GB, 1.5TiB or 4096"));

    /// <summary>A time span, as in <c>30d</c>, <c>12h</c> or <c>90m</c>.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    public static TimeSpan Span(string text) =>
        TimeSpan.FromSeconds((double)(Parse(text, Spans, 10_000_000_000m) ?? throw Wrong(text, "time span", "30d, 12h or 90m")));

    private static decimal? Parse(string text, (string Unit, decimal Factor)[] units, decimal most)
    {
        var (unit, factor) = Array.Find(units, known => text.EndsWith(known.Unit, StringComparison.OrdinalIgnoreCase));
        return unit is not null && decimal.TryParse(
            text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number <= most / factor ? number * factor : null;
    }

    private static FishException Wrong(string text, string what, string examples) =>
        new(ErrorCode.RequestInvalid, text.Length <= 40 ? text : text[..40], $"This is not a {what}.", $"Write it like {examples}.");
}
