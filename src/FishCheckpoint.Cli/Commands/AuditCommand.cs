using System.CommandLine;
using System.Globalization;
using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt audit</c>.</summary>
internal static class AuditCommand
{
    public static Command Create(Shell shell)
    {
        var task = new Option<string?>("--task") { Description = "Only entries about this task.", HelpName = "TASK" };
        var since = new Option<string?>("--since")
        {
            Description = "Only entries since a time (2026-01-31T12:00:00Z), or of the last span (7d).", HelpName = "TIME",
        };
        var limit = new Option<int>("--limit")
        {
            Description = "The largest number of entries.", HelpName = "N", DefaultValueFactory = _ => 100,
        };
        var command = new Command("audit", "List who saved and deleted what, newest first.") { task, since, limit };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var from = call.Parsed.GetValue(since) is { } text ? TimeOf(text) : (DateTimeOffset?)null;
            var page = await call.Store.Access.ListAuditAsync(
                new PageRequest(call.Parsed.GetValue(limit)), call.Parsed.GetValue(task), from, cancellation).ReadPageAsync();
            call.PrintList(page.Items, "matching entries", items => Describe(call, items));
        });
        return command;
    }

    private static DateTimeOffset TimeOf(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time : TimeProvider.System.GetUtcNow() - Amounts.Span(text);

    private static string OutcomeOf(AuditEntry entry) =>
        entry.Times == 1 ? entry.Outcome : $"{entry.Outcome}, {Say.Count(entry.Times)} times";

    private static void Describe(Call call, IReadOnlyList<AuditEntry> entries)
    {
        var table = Tables.Create("=time", "who", "?=from", "operation", "what", "?outcome", "?>bytes");
        foreach (var entry in entries)
        {
            table.Row(
                Say.Time(entry.Time), entry.Caller, entry.Address ?? "-", entry.Operation, entry.Key, OutcomeOf(entry),
                entry.Bytes is { } bytes ? Say.Count(bytes) : "-");
        }

        call.Terminal.Console.Write(table);
    }
}
