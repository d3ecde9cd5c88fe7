using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish pin</c>.</summary>
internal static class PinCommand
{
    public static Command Create(Shell shell)
    {
        var task = Arguments.Task();
        var step = new Argument<string>("STEP") { Description = "The checkpoint: a step, latest, best, or a tag." };
        var remove = new Option<bool>("--rm") { Description = "Let it go again." };
        var command = new Command("pin", "Pin a checkpoint: neither a retention nor 'rm' deletes it.") { task, step, remove };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var (name, reference) = (call.Parsed.GetRequiredValue(task), StepRef.Parse(call.Parsed.GetRequiredValue(step)));

            // What 'latest' means is settled once, so that what is said is what is pinned.
            var at = StepRef.At((await call.Store.Checkpoints.GetAsync(name, reference, cancellation)).Step);
            await call.Store.Checkpoints.SetPinAsync(name, at, !call.Parsed.GetValue(remove), cancellation);
            call.Print(
                await call.Store.Checkpoints.GetAsync(name, at, cancellation),
                info => call.Say($"[bold]{info.Task}/{info.Step}[/] is {(info.Pinned ? "pinned" : "not pinned")}"));
        });
        return command;
    }
}
