using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt pin</c>.</summary>
internal static class PinCommand
{
    public static Command Create(Shell shell)
    {
        var task = Arguments.Task();
        var step = new Argument<string>("STEP") { Description = "The checkpoint: a step, latest, best, or a tag." };
        var remove = new Option<bool>("--rm") { Description = "Remove the pin." };
        var command = new Command("pin", "Pin a checkpoint, so that neither retention nor 'rm' deletes it.") { task, step, remove };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var (name, reference) = (call.Parsed.GetRequiredValue(task), StepRef.Parse(call.Parsed.GetRequiredValue(step)));

            // Resolve the step once, so that the message names the checkpoint that was pinned.
            var at = StepRef.At((await call.Store.Checkpoints.GetAsync(name, reference, cancellation)).Step);
            await call.Store.Checkpoints.SetPinAsync(name, at, !call.Parsed.GetValue(remove), cancellation);
            call.Print(
                await call.Store.Checkpoints.GetAsync(name, at, cancellation),
                info => call.Say($"[bold]{info.Task}/{info.Step}[/] is {(info.Pinned ? "pinned" : "not pinned")}"));
        });
        return command;
    }
}
