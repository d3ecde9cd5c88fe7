using System.Globalization;

namespace FishCheckpoint.Cli.Output;

/// <summary>
/// Removes control characters from stored text, which must not move the cursor, change colors or end a row.
/// </summary>
internal static class CleanText
{
    /// <summary>The text with spaces instead of control characters.</summary>
    public static string Of(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter)) : text;

    /// <summary>A line of markup from its parts. Inserted texts are cleaned and escaped.</summary>
    public static string Markup(params FormattableString[] parts) => string.Concat(parts.Select(part => string.Format(
        CultureInfo.CurrentCulture, part.Format,
        [.. part.GetArguments().Select(argument => argument is string text ? Spectre.Console.Markup.Escape(Of(text)) : argument)])));
}
