using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish fold</c>.</summary>
internal static class FoldCommand
{
    public static Command Create(Shell shell)
    {
        var task = new Option<string?>("--task") { Description = "Only the checkpoints of this task.", HelpName = "TASK" };
        var bytes = new Option<long?>("--max-bytes")
        {
            Description = "The most bytes of frames that are read. Default: all.", HelpName = "N",
        };
        var time = new Option<double?>("--max-time")
        {
            Description = "How long it may go on, in seconds. Default: until everything is done.", HelpName = "S",
        };
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
        shell.OnStore(command, async (call, cancellation) =>
        {
            var options = new FoldOptions
            {
                Task = call.Parsed.GetValue(task), MaxBytes = call.Parsed.GetValue(bytes),
                MaxTime = Seconds.TimeOf("--max-time", call.Parsed.GetValue(time)),
                MaxReadCost = call.Parsed.GetValue(cost),
            };
            var result = await Progress.SpinAsync(call.Terminal, "folding", () => call.Store.Maintenance.FoldAsync(options, cancellation));
            call.Print(result, done => Describe(call.Terminal, done));
            return result.Damaged.Count == 0 ? ExitCodes.Ok : ExitCodes.Of(ErrorKind.Corrupt);
        });
        return command;
    }

    private static void Describe(Terminal terminal, FoldResult result)
    {
        foreach (var damaged in result.Damaged)
        {
            terminal.Say($"[red]damaged[/] [bold]{damaged.Key}[/]: {damaged.Problem}");
        }

        terminal.Say(
            $"{Say.Count(result.Folded)} checkpoints folded, {Say.Count(result.Kept)} kept as they are, {Say.Count(result.Skipped)} ",
            $"skipped, {Say.Count(result.Damaged.Count)} damaged: reading them took {Say.Bytes(result.ReadBefore)} of frames, takes ",
            $"{Say.Bytes(result.ReadAfter)} now; the store {(result.Growth < 0 ? "shrank" : "grew")} by ",
            $"{Say.Bytes(Math.Abs(result.Growth))}");
        if (!result.Finished)
        {
            terminal.Say($"more is left: the next round goes on from there");
        }
    }
}
