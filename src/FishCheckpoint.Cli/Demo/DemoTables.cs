using FishCheckpoint.Cli.Output;
using FishCheckpoint.Demo;
using Spectre.Console;

namespace FishCheckpoint.Cli.Demo;

/// <summary>Prints the result of a demo.</summary>
internal static class DemoTables
{
    public static void Print(Terminal terminal, DemoResult result, IReadOnlyList<double> ratios)
    {
        var console = terminal.Console;
        Head(console, "Accuracy on test images that were not used for training");
        console.Write(Accuracy(result, ratios));
        Head(console, "Cost of the hook for the trainer (every due step is saved, so a stall includes waiting for the saver)");
        console.Write(Hook(result));
        Head(console, "Stored size, compared with full model files");
        StorageTable.Print(console, result.Storage);
        console.WriteLine();
        Verdict(console, result);
    }

    private static FittedTable Accuracy(DemoResult result, IReadOnlyList<double> ratios)
    {
        string[] columns = ["task", ">before", ">dense 100%",
            .. ratios.SelectMany(ratio => new[] { $">FISH {Percent(ratio)}", $">random {Percent(ratio)}" })];
        var table = Tables.Create(columns);
        foreach (var task in result.Before.Keys)
        {
            Row(task, result.Before[task], (kind, ratio) => Of(task, kind, ratio));
        }

        if (result.Before.Count > 1)
        {
            table.AddEmptyRow();
            Row("mean", result.Before.Values.Average(), (kind, ratio) => result.Before.Keys.Average(task => Of(task, kind, ratio)));
        }

        return table;

        double Of(string task, DemoMask kind, double ratio) =>
            result.Accuracies.Single(run => run.Task == task && run.Kind == kind && run.Ratio == ratio).Accuracy;

        void Row(string name, double before, Func<DemoMask, double, double> of) => table.Row(
            [name, Say.Share(before), Say.Share(of(DemoMask.Dense, 1)),
                .. ratios.SelectMany(ratio => new[] { Say.Share(of(DemoMask.Fish, ratio)), Say.Share(of(DemoMask.Random, ratio)) })]);
    }

    private static FittedTable Hook(DemoResult result)
    {
        var table = Tables.Create("run", ">saves", ">stall per save", ">longest", ">stored per save", ">share of a full file");
        var full = (double)result.Storage.LogicalBytes / Math.Max(1, result.Storage.Checkpoints);
        foreach (var run in result.Saved)
        {
            var (saves, each) = (run.Saves, (double)run.Saves.StoredBytes / Math.Max(1, run.Saves.Saved));
            table.Row(
                run.Task, Say.Count(saves.Saved), $"{saves.Stall.TotalMilliseconds / Math.Max(1, saves.Saved):N2} ms",
                $"{saves.LongestStall.TotalMilliseconds:N1} ms",
                Say.Bytes((long)each), Say.Percent(each / full));
        }

        return table;
    }

    private static void Verdict(IAnsiConsole console, DemoResult result)
    {
        var total = result.Saved.Sum(run => run.Saves.Saved);
        if (result.IsBitExact)
        {
            console.MarkupLine(CleanText.Markup(
                $"[green bold]{Say.Count(result.Rebuilt.Identical)} of {Say.Count(total)} checkpoints came back over HTTP ",
                $"bit-identical[/] to the trainer's file. {result.Seconds:N0} s in total."));
            return;
        }

        console.MarkupLine(CleanText.Markup(
            $"[red bold]Only {Say.Count(result.Rebuilt.Identical)} of {Say.Count(total)} checkpoints came back bit-identical.[/] ",
            $"Different: ",
            $"{string.Join(", ", result.Rebuilt.Different.Take(10))}"));
    }

    private static void Head(IAnsiConsole console, string text)
    {
        console.WriteLine();
        console.MarkupLineInterpolated($"[bold]{text}[/]");
    }

    private static string Percent(double ratio) => $"{100 * (decimal)ratio:0.###}%";
}
