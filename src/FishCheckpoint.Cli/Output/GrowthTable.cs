using System.Globalization;
using FishCheckpoint.Reports;
using Spectre.Console;

namespace FishCheckpoint.Cli.Output;

/// <summary>How a store, a base or a task has grown, with bars for what was stored at the end of each step.</summary>
internal static class GrowthTable
{
    public static void Print(IAnsiConsole console, GrowthReport report)
    {
        var largest = Math.Max(1, report.Points.Max(point => point.StoredBytesAtEnd));
        var table = Tables.Create("=from", "?>checkpoints", "?>dense", ">stored", ">checkpoints then", ">dense then", ">stored then", "");
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
        console.MarkupLineInterpolated($"stored: with trainer states; dense: models alone");
    }

    private static string Signed(long value, Func<long, string> say) =>
        value switch { 0 => "-", > 0 => $"+{say(value)}", _ => $"-{say(-value)}" };
}
