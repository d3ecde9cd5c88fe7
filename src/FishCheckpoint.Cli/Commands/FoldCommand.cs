using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt fold</c>.</summary>
internal static class FoldCommand
{
    public static Command Create(Shell shell)
    {
        var (task, time) = (MaintenanceCommands.Task(), MaintenanceCommands.MaxTime());
        var bytes = MaintenanceCommands.MaxBytes("The largest number of frame bytes to read. Default: all.");
        var cost = new Option<double?>("--max-read-cost")
        {
            Description =
                "The largest read cost of a checkpoint, as a multiple of its base and its own delta. Default: the limit of saves.",
            HelpName = "TIMES",
        };
        var command = new Command("fold", "Shorten chains of deltas that cost too much to read. Contents stay the same.")
        {
            task, bytes, time, cost,
        };
        shell.OnStore(command, (call, cancellation) =>
        {
            var options = new FoldOptions
            {
                Task = call.Parsed.GetValue(task), MaxBytes = call.Parsed.GetValue(bytes),
                MaxTime = call.Parsed.TimeOf(time), MaxReadCost = call.Parsed.GetValue(cost),
            };
            return call.RunAsync(
                "folding", () => call.Store.Maintenance.FoldAsync(options, cancellation), Describe, result => result.Damaged.Count);
        });
        return command;
    }

    private static void Describe(Terminal terminal, FoldResult result)
    {
        terminal.SayDamaged(result.Damaged);
        terminal.Say(
            $"{Say.Count(result.Folded)} checkpoints folded, {Say.Count(result.Kept)} unchanged, {Say.Count(result.Skipped)} ",
            $"skipped, {Say.Count(result.Damaged.Count)} damaged: reading them needed {Say.Bytes(result.ReadBefore)} of frames and now ",
            $"needs {Say.Bytes(result.ReadAfter)}; the store {(result.Growth < 0 ? "shrank" : "grew")} by ",
            $"{Say.Bytes(Math.Abs(result.Growth))}");
        terminal.SayRest(result.Finished);
    }
}
