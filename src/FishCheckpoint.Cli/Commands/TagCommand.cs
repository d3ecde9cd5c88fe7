using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt tag</c>.</summary>
internal static class TagCommand
{
    public static Command Create(Shell shell)
    {
        var task = Arguments.Task();
        var tag = new Argument<string>("TAG") { Description = "The tag." };
        var step = new Argument<string?>("STEP")
        {
            Description = "The checkpoint to tag: a step, latest, best, or a tag.", Arity = ArgumentArity.ZeroOrOne,
        };
        var remove = new Option<bool>("--rm") { Description = "Remove the tag." };
        var command = new Command("tag", "Set a tag on a checkpoint, or remove one.") { task, tag, step, remove };
        command.Validators.Add(result =>
        {
            if (result.GetValue(remove) == result.GetValue(step) is not null)
            {
                result.AddError("Give the STEP to tag, or --rm.");
            }
        });
        shell.OnStore(command, async (call, cancellation) =>
        {
            var (name, label) = (call.Parsed.GetRequiredValue(task), call.Parsed.GetRequiredValue(tag));
            if (call.Parsed.GetValue(step) is { } reference)
            {
                await call.Store.Checkpoints.SetTagAsync(name, label, StepRef.Parse(reference), cancellation);
                var info = await call.Store.Checkpoints.GetAsync(name, StepRef.Parse(label), cancellation);
                call.Print(info, found => call.Say($"[bold]{label}[/] is {found.Task}/{found.Step}"));
            }
            else
            {
                await call.Store.Checkpoints.SetTagAsync(name, label, null, cancellation);
                call.Print(new Removed(name, null, label), _ => call.Say($"Removed tag [bold]{label}[/] of {name}"));
            }
        });
        return command;
    }
}
