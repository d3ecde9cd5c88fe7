using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Tensors;
using Spectre.Console;

namespace FishCheckpoint.Cli.Commands;

/// <summary>Prints which files of a folder are not part of the model.</summary>
internal static class LeftOutTexts
{
    private const int MaxNamed = 5;

    /// <summary>A line for each reason, with the names of the first few files.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<LeftOutFile>? leftOut) =>
        (leftOut ?? []).GroupBy(file => file.Reason, StringComparer.Ordinal).Select(group =>
    {
        var names = group.Select(file => Shown(file.Name)).ToArray();
        var more = names.Length > MaxNamed ? $" and {Say.Count(names.Length - MaxNamed)} more" : "";
        return $"Left out: {string.Join(", ", names.Take(MaxNamed))}{more} ({group.Key})";
    });

    /// <summary>Prints the lines for people; the JSON result has the files as a member.</summary>
    public static void SayLeftOut(this Call call, IReadOnlyList<LeftOutFile>? leftOut)
    {
        foreach (var line in Lines(leftOut))
        {
            call.Say($"[yellow]{Markup.Escape(line)}[/]");
        }
    }

    // A file name may hold control characters.
    private static string Shown(string name) => new([.. name.Select(letter => char.IsControl(letter) ? '?' : letter)]);
}
