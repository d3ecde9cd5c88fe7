using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish recode</c>.</summary>
internal static class RecodeCommand
{
    public static Command Create(Shell shell)
    {
        var task = new Option<string?>("--task") { Description = "Only the checkpoints of this task.", HelpName = "TASK" };
        var bytes = new Option<long?>("--max-bytes")
        {
            Description = "The most stored bytes that are taken. Default: all.", HelpName = "N",
        };
        var time = new Option<double?>("--max-time")
        {
            Description = "How long it may go on, in seconds. Default: until everything is done.", HelpName = "S",
        };
        var command = new Command("recode", "Encode again, to fewer bytes, what was saved fast; contents stay the same.")
        {
            task, bytes, time,
        };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var options = new RecodeOptions
            {
                Task = call.Parsed.GetValue(task), MaxBytes = call.Parsed.GetValue(bytes),
                MaxTime = Seconds.TimeOf("--max-time", call.Parsed.GetValue(time)),
            };
            var result = await Progress.SpinAsync(
                call.Terminal, "recoding", () => call.Store.Maintenance.RecodeAsync(options, cancellation));
            call.Print(result, done => Describe(call.Terminal, done));
            return result.Damaged.Count == 0 ? ExitCodes.Ok : ExitCodes.Of(ErrorKind.Corrupt);
        });
        return command;
    }

    private static void Describe(Terminal terminal, RecodeResult result)
    {
        foreach (var damaged in result.Damaged)
        {
            terminal.Say($"[red]damaged[/] [bold]{damaged.Key}[/]: {damaged.Problem}");
        }

        terminal.Say(
            $"{Say.Count(result.Recoded)} frames recoded, {Say.Count(result.Kept)} kept as they are, {Say.Count(result.Skipped)} skipped, ",
            $"{Say.Count(result.Damaged.Count)} damaged: {Say.Bytes(result.BytesBefore)} before, {Say.Bytes(result.BytesAfter)} after");
        if (!result.Finished)
        {
            terminal.Say($"more is left: the next round goes on from there");
        }
    }
}
