using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish gc</c>.</summary>
internal static class CollectCommand
{
    public static Command Create(Shell shell)
    {
        var task = MaintenanceCommands.Task("Only the retention of this task.");
        var dry = new Option<bool>("--dry-run") { Description = "Say what would go and why, and change nothing." };
        var time = MaintenanceCommands.MaxTime();
        var now = new Option<bool>("--now")
        {
            Description = "End the grace of what is deleted (with --task, of that task): it cannot be brought back then.",
        };
        var confirmation = new Confirmation();
        var command = new Command(
            "gc", "Delete what no retention keeps, and give the bytes of what was deleted longer ago than its grace back to the disk.")
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
                options.DryRun ? "looking" : "collecting", () => call.Store.Maintenance.CollectAsync(options, cancellation), Describe,
                result => result.Damaged.Count);
        });
        return command;
    }

    // Whoever cannot be asked is not kept waiting for what would be asked.
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
            confirmation.Ask(call, $"Remove {Say.Count(planned.Purged)} deleted checkpoints for good", forGood: true);
        }
        else if (planned.Deleted > 0)
        {
            confirmation.Ask(call, $"Delete {Say.Count(planned.Deleted)} checkpoints that no retention keeps");
        }
    }

    private static void Describe(Terminal terminal, CollectResult result)
    {
        foreach (var gone in result.Checkpoints)
        {
            var needed = gone.NeededBy.Count == 0
                ? string.Empty : $"; what is laid on it stays readable: {string.Join(", ", gone.NeededBy)}";
            terminal.Say($"[bold]{gone.Task}/{gone.Step}[/] {(result.DryRun ? "would go" : "is gone")}, {Say.Bytes(gone.Bytes)}: ",
                $"{gone.Why}{needed}");
        }

        if (result.Deleted > result.Checkpoints.Count)
        {
            terminal.Say($"and {Say.Count(result.Deleted - result.Checkpoints.Count)} more");
        }

        terminal.SayDamaged(result.Damaged);
        if (result.DryRun)
        {
            terminal.Say(
                $"{Say.Count(result.Deleted)} checkpoints would go, {Say.Count(result.Purged)} of those that are deleted be removed, and ",
                $"{Say.Count(result.Relaid)} be rebased: {Say.Bytes(result.FreedBytes)} would come free; ",
                $"{Say.Bytes(result.ReturnedBytes)} are free already");
        }
        else
        {
            terminal.Say(
                $"{Say.Count(result.Deleted)} checkpoints deleted, {Say.Count(result.Purged)} removed after their grace, ",
                $"{Say.Count(result.Relaid)} rebased, {Say.Bytes(result.FreedBytes)} freed: the disk has ",
                $"{Say.Bytes(Math.Max(0, result.ReturnedBytes))} more");
        }

        if (result.Grace is { Checkpoints: > 0 } grace)
        {
            var next = grace.Next is { } first ? $", the first of them until {Say.Time(first)} UTC" : string.Empty;
            terminal.Say(
                $"{Say.Count(grace.Checkpoints)} deleted checkpoints ({Say.Bytes(grace.Bytes)}) can be brought back{next}: fish ls ",
                $"--deleted; 'fish gc --now' removes them at once");
        }

        foreach (var unused in result.UnusedBases)
        {
            terminal.Say($"no task is on base [bold]{unused.Name}[/] ({Say.Bytes(unused.Bytes)}): 'fish base rm {unused.Name}' removes it");
        }

        if (!result.Finished && result.DryRun)
        {
            terminal.Say($"up to {Say.Bytes(result.HeldBytes)} more may come free: working that out takes longer");
            return;
        }

        if (result.HeldBytes > 0)
        {
            terminal.Say(
                $"{Say.Bytes(result.HeldBytes)} of deleted checkpoints stay for others that are laid on them: anew, these would take more");
        }

        terminal.SayRest(result.Finished);
    }
}
