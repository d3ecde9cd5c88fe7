using System.Globalization;

namespace FishCheckpoint.Cli.Output;

/// <summary>
/// Texts come from whoever saved something, or from a server: they are not to move the cursor, to change colors, or to end a row.
/// </summary>
internal static class CleanText
{
    /// <summary>The text with spaces in the place of control characters.</summary>
    public static string Of(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter)) : text;

    /// <summary>A line of markup, joined of its parts; inserted texts are clean, and shown as they are.</summary>
    public static string Markup(params FormattableString[] parts) => string.Concat(parts.Select(part => string.Format(
        CultureInfo.CurrentCulture, part.Format,
        [.. part.GetArguments().Select(argument => argument is string text ? Spectre.Console.Markup.Escape(Of(text)) : argument)])));
}
