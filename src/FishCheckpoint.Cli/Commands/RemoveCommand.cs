using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt rm</c>.</summary>
internal static class RemoveCommand
{
    public static Command Create(Shell shell)
    {
        var task = Arguments.Task();
        var step = new Argument<string?>("STEP")
        {
            Description = "The checkpoint: a step, latest, best, or a tag.", Arity = ArgumentArity.ZeroOrOne,
        };
        var all = new Option<bool>("--all") { Description = "Delete the task with all its checkpoints." };
        var confirmation = new Confirmation();
        var command = new Command(
            "rm",
            $"Delete a checkpoint or a task. '{ProgramInfo.Name} undelete' brings it back until its grace period is over. "
            + "Checkpoints based on it stay readable.")
        {
            task, step, all, confirmation.Yes,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(all) == result.GetValue(step) is not null)
            {
                result.AddError("Give the STEP to delete, or --all for the whole task.");
            }
        });
        shell.OnStore(command, async (call, cancellation) =>
        {
            var name = call.Parsed.GetRequiredValue(task);
            if (call.Parsed.GetValue(step) is { } reference)
            {
                // Resolve the step once, so that the message names the checkpoint that was deleted.
                var info = await call.Store.Checkpoints.GetAsync(name, StepRef.Parse(reference), cancellation);
                await call.Store.Checkpoints.DeleteAsync(name, StepRef.At(info.Step), cancellation);
                call.Print(new Removed(name, info.Step), removed => call.Say(
                    $"Deleted [bold]{removed.Task}/{removed.Step}[/]. ",
                    $"'{ProgramInfo.Name} undelete {removed.Task} {removed.Step}' brings it back until its grace period is over"));
            }
            else
            {
                var info = await call.Store.Tasks.GetAsync(name, cancellation);
                confirmation.Ask(call, $"Delete task {name} with its {Say.Count(info.Checkpoints)} checkpoints");
                await call.Store.Tasks.DeleteAsync(name, cancellation);
                call.Print(new Removed(name), removed => call.Say(
                    $"Deleted task [bold]{removed.Task}[/]. ",
                    $"'{ProgramInfo.Name} undelete {removed.Task}' brings it back until its grace period is over"));
            }
        });
        return command;
    }
}
