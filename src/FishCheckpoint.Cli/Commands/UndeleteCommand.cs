using System.CommandLine;
using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt undelete</c>.</summary>
internal static class UndeleteCommand
{
    public static Command Create(Shell shell)
    {
        var task = new Argument<string>("TASK") { Description = "The task, or the name of a deleted task." };
        var step = new Argument<string?>("STEP")
        {
            Description = "The step of the deleted checkpoint; of several, the one deleted last. Default: the deleted task.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var other = new Option<string?>("--as")
        {
            Description = "Another step for the checkpoint, or another name for the task, if its own is taken.", HelpName = "STEP|NAME",
        };
        var pin = new Option<bool>("--pin") { Description = "Pin the checkpoint, so that no retention deletes it again." };
        var command = new Command(
            "undelete", $"Bring back a deleted checkpoint or task, bit for bit. '{ProgramInfo.Name} ls --deleted' lists them.")
        {
            task, step, other, pin,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(pin) && result.GetValue(step) is null)
            {
                result.AddError("Option '--pin' is for a checkpoint: give its STEP.");
            }
        });
        shell.OnStore(command, async (call, cancellation) =>
        {
            var (name, target) = (call.Parsed.GetRequiredValue(task), call.Parsed.GetValue(other));
            if (call.Parsed.GetValue(step) is not { } text)
            {
                var back = await call.Store.Tasks.UndeleteAsync(name, target, cancellation);
                call.Print(new UndeletedTask(back), found =>
                    call.Say($"Task [bold]{found.Task.Name}[/] is back, with {Say.Count(found.Task.Checkpoints)} checkpoints"));
                return;
            }

            var options = new UndeleteOptions(target is null ? null : StepOf(target), call.Parsed.GetValue(pin));
            var undeleted = await call.Store.Checkpoints.UndeleteAsync(name, StepOf(text), options, cancellation);
            call.Print(undeleted, found => Describe(call, found));
        });
        return command;
    }

    private static void Describe(Call call, Undeleted found)
    {
        call.Say($"[bold]{found.Checkpoint.Task}/{found.Checkpoint.Step}[/] is back");
        if (found.TakenTags.Count > 0)
        {
            call.Say($"its tags {string.Join(", ", found.TakenTags)} now belong to other checkpoints, and stay there");
        }

        if (found.GoesAgain)
        {
            call.Say(
                $"the task's retention does not keep it and will delete it again; ",
                $"'{ProgramInfo.Name} pin {found.Checkpoint.Task} {found.Checkpoint.Step}' keeps it");
        }
    }

    private static long StepOf(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step
        : throw new FishException(
            ErrorCode.StepInvalid, text, "A deleted checkpoint is identified by its step.",
            $"Give a whole number; '{ProgramInfo.Name} ls TASK --deleted' lists them.");

    private sealed record UndeletedTask(TaskInfo Task);
}
