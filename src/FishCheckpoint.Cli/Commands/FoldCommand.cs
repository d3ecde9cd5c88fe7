using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish fold</c>.</summary>
internal static class FoldCommand
{
    public static Command Create(Shell shell)
    {
        var (task, time) = (MaintenanceCommands.Task(), MaintenanceCommands.MaxTime());
        var bytes = MaintenanceCommands.MaxBytes("The most bytes of frames that are read. Default: all.");
        var cost = new Option<double?>("--max-read-cost")
        {
            Description =
                "What a checkpoint may cost to read, in bytes: so many times the base and its own delta. Default: what saves are held to.",
                HelpName = "TIMES",
        };
        var command = new Command("fold", "Lay checkpoints that cost too much to read on earlier ones; contents stay the same.")
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
            $"{Say.Count(result.Folded)} checkpoints folded, {Say.Count(result.Kept)} kept as they are, {Say.Count(result.Skipped)} ",
            $"skipped, {Say.Count(result.Damaged.Count)} damaged: reading them took {Say.Bytes(result.ReadBefore)} of frames, takes ",
            $"{Say.Bytes(result.ReadAfter)} now; the store {(result.Growth < 0 ? "shrank" : "grew")} by ",
            $"{Say.Bytes(Math.Abs(result.Growth))}");
        terminal.SayRest(result.Finished);
    }
}
