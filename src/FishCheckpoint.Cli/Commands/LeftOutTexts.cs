using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Tensors;
using Spectre.Console;

namespace FishCheckpoint.Cli.Commands;

/// <summary>Says what of a folder or file is no part of a model.</summary>
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

    /// <summary>Says it on standard output, or, where that is for machines, nowhere: the answer itself has it.</summary>
    public static void SayLeftOut(this Call call, IReadOnlyList<LeftOutFile>? leftOut)
    {
        foreach (var line in Lines(leftOut))
        {
            call.Say($"[yellow]{Markup.Escape(line)}[/]");
        }
    }

    // File names may hold what a terminal obeys.
    private static string Shown(string name) => new([.. name.Select(letter => char.IsControl(letter) ? '?' : letter)]);
}
