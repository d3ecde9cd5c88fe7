using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt gc</c>.</summary>
internal static class CollectCommand
{
    public static Command Create(Shell shell)
    {
        var task = MaintenanceCommands.Task("Only apply the retention of this task.");
        var dry = new Option<bool>("--dry-run") { Description = "List what would be deleted and why; change nothing." };
        var time = MaintenanceCommands.MaxTime();
        var now = new Option<bool>("--now")
        {
            Description = "End the grace period of deleted checkpoints (with --task: of that task). They cannot be undeleted then.",
        };
        var confirmation = new Confirmation();
        var command = new Command(
            "gc", "Delete checkpoints that no retention rule keeps, and free the space of those whose grace period is over.")
        {
            task, dry, now, time, confirmation.Yes,
        };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var options = new CollectOptions
            {
                Task = call.Parsed.GetValue(task), DryRun = call.Parsed.GetValue(dry), Now = call.Parsed.GetValue(now),
                MaxTime = call.Parsed.TimeOf(time),
            };
            await AskAsync(call, confirmation, options, cancellation);
            return await call.RunAsync(
                options.DryRun ? "planning" : "collecting", () => call.Store.Maintenance.CollectAsync(options, cancellation), Describe,
                result => result.Damaged.Count);
        });
        return command;
    }

    // A script cannot answer, so it does not wait for the plan that the question needs.
    private static async Task AskAsync(Call call, Confirmation confirmation, CollectOptions options, CancellationToken cancellation)
    {
        if (options.DryRun || call.Parsed.GetValue(confirmation.Yes) || (!options.Now && !call.Terminal.CanAsk))
        {
            return;
        }

        var planned = await call.Store.Maintenance.CollectAsync(
            options with { DryRun = true, MaxTime = TimeSpan.FromTicks(1) }, cancellation);
        if (options.Now && planned.Purged > 0)
        {
            confirmation.Ask(call, $"Remove {Say.Count(planned.Purged)} deleted checkpoints permanently", forGood: true);
        }
        else if (planned.Deleted > 0)
        {
            confirmation.Ask(call, $"Delete {Say.Count(planned.Deleted)} checkpoints that no retention rule keeps");
        }
    }

    private static void Describe(Terminal terminal, CollectResult result)
    {
        foreach (var deleted in result.Checkpoints)
        {
            var needed = deleted.NeededBy.Count == 0
                ? string.Empty : $"; checkpoints based on it stay readable: {string.Join(", ", deleted.NeededBy)}";
            var what = result.DryRun ? "would be deleted" : "deleted";
            terminal.Say($"[bold]{deleted.Task}/{deleted.Step}[/] {what}, {Say.Bytes(deleted.Bytes)}: {deleted.Why}{needed}");
        }

        if (result.Deleted > result.Checkpoints.Count)
        {
            terminal.Say($"and {Say.Count(result.Deleted - result.Checkpoints.Count)} more");
        }

        terminal.SayDamaged(result.Damaged);
        if (result.DryRun)
        {
            terminal.Say(
                $"Would delete {Say.Count(result.Deleted)} checkpoints, remove {Say.Count(result.Purged)} whose grace period is over, and ",
                $"rebase {Say.Count(result.Rebased)}. That would free {Say.Bytes(result.FreedBytes)}; ",
                $"{Say.Bytes(result.ReturnedBytes)} are free already");
        }
        else
        {
            terminal.Say(
                $"{Say.Count(result.Deleted)} checkpoints deleted, {Say.Count(result.Purged)} removed after their grace period, ",
                $"{Say.Count(result.Rebased)} rebased; {Say.Bytes(result.FreedBytes)} freed, of which ",
                $"{Say.Bytes(Math.Max(0, result.ReturnedBytes))} returned to the file system");
        }

        if (result.Grace is { Checkpoints: > 0 } grace)
        {
            var next = grace.Next is { } first ? $", the first of them until {Say.Time(first)} UTC" : string.Empty;
            terminal.Say(
                $"{Say.Count(grace.Checkpoints)} deleted checkpoints ({Say.Bytes(grace.Bytes)}) can be undeleted{next}. ",
                $"'{ProgramInfo.Name} ls --deleted' lists them; '{ProgramInfo.Name} gc --now' removes them at once");
        }

        foreach (var unused in result.UnusedBases)
        {
            terminal.Say(
                $"no task uses base [bold]{unused.Name}[/] ({Say.Bytes(unused.Bytes)}): '{ProgramInfo.Name} base rm {unused.Name}' ",
                $"removes it");
        }

        if (!result.Finished && result.DryRun)
        {
            terminal.Say($"Up to {Say.Bytes(result.TombstoneBytes)} more may be freed. Finding out takes a longer run");
            return;
        }

        if (result.TombstoneBytes > 0)
        {
            terminal.Say(
                $"{Say.Bytes(result.TombstoneBytes)} of deleted checkpoints are kept because other checkpoints depend on them; ",
                $"rebasing those would use more space");
        }

        terminal.SayRest(result.Finished);
    }
}
