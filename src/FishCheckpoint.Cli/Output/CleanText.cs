using System.Runtime.CompilerServices;

namespace FishCheckpoint.Cli.Output;

/// <summary>Texts come from whoever saved something, or from a server: they are not to move the cursor, to change colors, or to end a row.</summary>
internal static class CleanText
{
    /// <summary>The text with spaces in the place of control characters.</summary>
    public static string Of(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter)) : text;

    /// <summary>A line whose inserted texts are clean.</summary>
    public static FormattableString Of(FormattableString line) => FormattableStringFactory.Create(
        line.Format, [.. line.GetArguments().Select(argument => argument is string text ? Of(text) : argument)]);
}
