using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish gc</c>.</summary>
internal static class CollectCommand
{
    public static Command Create(Shell shell)
    {
        var task = new Option<string?>("--task") { Description = "Only the retention of this task.", HelpName = "TASK" };
        var dry = new Option<bool>("--dry-run") { Description = "Say what would go and why, and change nothing." };
        var time = new Option<double?>("--max-time") { Description = "How long it may go on, in seconds. Default: until everything is done.", HelpName = "S" };
        var command = new Command("gc", "Delete what no retention keeps, and give the bytes of everything deleted back to the disk.") { task, dry, time };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var options = new CollectOptions
            {
                Task = call.Parsed.GetValue(task), DryRun = call.Parsed.GetValue(dry), MaxTime = Seconds.TimeOf("--max-time", call.Parsed.GetValue(time)),
            };
            var result = await Progress.SpinAsync(call.Terminal, options.DryRun ? "looking" : "collecting", () => call.Collector.CollectAsync(options, cancellation));
            call.Print(result, done => Describe(call.Terminal, done));
            return result.Damaged.Count == 0 ? ExitCodes.Ok : ExitCodes.Of(ErrorKind.Corrupt);
        });
        return command;
    }

    private static void Describe(Terminal terminal, CollectResult result)
    {
        foreach (var gone in result.Checkpoints)
        {
            var needed = gone.NeededBy.Count == 0 ? string.Empty : $"; what is laid on it stays readable: {string.Join(", ", gone.NeededBy)}";
            terminal.Say($"[bold]{gone.Task}/{gone.Step}[/] {(result.DryRun ? "would go" : "is gone")}, {Say.Bytes(gone.Bytes)}: {gone.Why}{needed}");
        }

        if (result.Deleted > result.Checkpoints.Count)
        {
            terminal.Say($"and {Say.Count(result.Deleted - result.Checkpoints.Count)} more");
        }

        foreach (var damaged in result.Damaged)
        {
            terminal.Say($"[red]damaged[/] [bold]{damaged.Key}[/]: {damaged.Problem}");
        }

        if (result.DryRun)
        {
            terminal.Say($"{Say.Count(result.Deleted)} checkpoints would go and {Say.Count(result.Relaid)} be laid anew: {Say.Bytes(result.FreedBytes)} would come free; {Say.Bytes(result.ReturnedBytes)} are free already");
        }
        else
        {
            terminal.Say($"{Say.Count(result.Deleted)} checkpoints deleted, {Say.Count(result.Relaid)} laid anew, {Say.Bytes(result.FreedBytes)} freed: the disk has {Say.Bytes(Math.Max(0, result.ReturnedBytes))} more");
        }

        if (!result.Finished && result.DryRun)
        {
            terminal.Say($"up to {Say.Bytes(result.HeldBytes)} more may come free: working that out takes longer");
            return;
        }

        if (result.HeldBytes > 0)
        {
            terminal.Say($"{Say.Bytes(result.HeldBytes)} of deleted checkpoints stay for others that are laid on them: anew, these would take more");
        }

        if (!result.Finished)
        {
            terminal.Say($"more is left: the next round goes on from there");
        }
    }
}
