using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt recode</c>.</summary>
internal static class RecodeCommand
{
    public static Command Create(Shell shell)
    {
        var (task, time) = (MaintenanceCommands.Task(), MaintenanceCommands.MaxTime());
        var bytes = MaintenanceCommands.MaxBytes("The largest number of stored bytes to recode. Default: all.");
        var command = new Command("recode", "Encode checkpoints that were saved fast to fewer bytes. Contents stay the same.")
        {
            task, bytes, time,
        };
        shell.OnStore(command, (call, cancellation) =>
        {
            var options = new RecodeOptions
            {
                Task = call.Parsed.GetValue(task), MaxBytes = call.Parsed.GetValue(bytes),
                MaxTime = call.Parsed.TimeOf(time),
            };
            return call.RunAsync(
                "recoding", () => call.Store.Maintenance.RecodeAsync(options, cancellation), Describe, result => result.Damaged.Count);
        });
        return command;
    }

    private static void Describe(Terminal terminal, RecodeResult result)
    {
        terminal.SayDamaged(result.Damaged);
        terminal.Say(
            $"{Say.Count(result.Recoded)} frames recoded, {Say.Count(result.Kept)} unchanged, {Say.Count(result.Skipped)} skipped, ",
            $"{Say.Count(result.Damaged.Count)} damaged: {Say.Bytes(result.BytesBefore)} before, {Say.Bytes(result.BytesAfter)} after");
        terminal.SayRest(result.Finished);
    }
}
