using System.Globalization;
using FishCheckpoint.Reports;
using Spectre.Console;

namespace FishCheckpoint.Cli.Output;

/// <summary>Prints the growth of a store, a base or a task, with bars for the stored bytes at the end of each interval.</summary>
internal static class GrowthTable
{
    public static void Print(IAnsiConsole console, GrowthReport report)
    {
        var largest = Math.Max(1, report.Points.Max(point => point.StoredBytesAtEnd));
        var table = Tables.Create(
            "=from", "?>checkpoints", "?>dense", ">stored", ">checkpoints at end", ">dense at end", ">stored at end", "");
        foreach (var point in report.Points)
        {
            table.Row(
                [
                    point.From.ToString("O", CultureInfo.InvariantCulture), Signed(point.Checkpoints, Say.Count),
                    Signed(point.LogicalBytes, Say.Bytes),
                    Signed(point.StoredBytes, Say.Bytes), Say.Count(point.CheckpointsAtEnd), Say.Bytes(point.LogicalBytesAtEnd),
                    Say.Bytes(point.StoredBytesAtEnd),
                ],
                Tables.Bar((double)point.StoredBytesAtEnd / largest, Color.Green));
        }

        console.Write(table);
        console.MarkupLineInterpolated($"stored: models and trainer states; dense: full models only");
    }

    private static string Signed(long value, Func<long, string> say) =>
        value switch { 0 => "-", > 0 => $"+{say(value)}", _ => $"-{say(-value)}" };
}
