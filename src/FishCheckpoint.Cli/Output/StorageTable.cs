using FishCheckpoint.Reports;
using Spectre.Console;

namespace FishCheckpoint.Cli.Output;

/// <summary>
/// Prints a storage report: for each task the bytes of full models, the stored bytes of the models and their ratio. Trainer states, which
/// full models do not hold, are a separate column.
/// </summary>
internal static class StorageTable
{
    public static void Print(IAnsiConsole console, StorageReport report)
    {
        var rows = report.Tasks ?? [report];
        var largest = rows.Select(row => row.LogicalBytes).DefaultIfEmpty().Max();
        var table = Tables.Create(
            "task", "?>checkpoints", "?>density", ">dense", ">stored", ">ratio", "?>trainer states", "dense / stored");
        foreach (var row in rows)
        {
            Add(table, row, row.Task ?? row.Base ?? "all", largest);
        }

        if (report.Tasks is { Count: > 1 })
        {
            table.AddEmptyRow();
            Add(table, report, "all tasks", report.LogicalBytes);
        }

        console.Write(table);
        Describe(console, report);
    }

    private static void Add(FittedTable table, StorageReport row, string name, long largest) => table.Row(
        [name, Say.Count(row.Checkpoints), Say.Percent(row.Density), Say.Bytes(row.LogicalBytes), Say.Bytes(row.Stored.Model),
            Say.Ratio(row.Ratio), Say.Bytes(row.Stored.TrainerState)],
        new BarCell((Share(row.LogicalBytes, largest), Color.Grey), (Share(row.Stored.Model, largest), Color.Green)));

    private static void Describe(IAnsiConsole console, StorageReport report)
    {
        if (report.Store is { } store)
        {
            console.MarkupLineInterpolated($"store: {store}");
        }

        var stored = report.Stored;
        console.MarkupLine(CleanText.Markup(
            $"stored: models {Say.Bytes(stored.Model)} (values {Say.Bytes(stored.Values)}, positions {Say.Bytes(stored.Positions)}), ",
            $"trainer states {Say.Bytes(stored.TrainerState)}; {report.BytesPerChangedValue:N2} bytes per changed value"));
        console.MarkupLine(CleanText.Markup(
            $"chains: {report.Chains.MeanDepth:N1} deltas on average, {report.Chains.MaxDepth} at most; a restore reads about ",
            $"{Say.Bytes(report.Chains.MeanReadBytes)}"));
        if (report.Grace.Checkpoints > 0)
        {
            console.MarkupLineInterpolated(
                $"deleted, can be undeleted: {Say.Count(report.Grace.Checkpoints)} checkpoints, {Say.Bytes(report.Grace.Bytes)}");
        }

        if (report.BaseBytes is { } bytes)
        {
            console.MarkupLineInterpolated($"{report.TaskCount} tasks on a base of {Say.Bytes(bytes)}");
        }

        if (report.Disk is { } disk)
        {
            console.MarkupLine(CleanText.Markup(
                $"on disk: bases {Say.Bytes(disk.Bases)}, database {Say.Bytes(disk.Database)} (overhead {Say.Bytes(disk.Overhead)}, free ",
                $"{Say.Bytes(disk.FreePages)}), log {Say.Bytes(disk.Wal)}; reclaimable {Say.Bytes(disk.Reclaimable)}"));
        }
    }

    private static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
