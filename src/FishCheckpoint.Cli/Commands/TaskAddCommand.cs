using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish task add</c>.</summary>
internal static class TaskAddCommand
{
    public static Command Create(Shell shell)
    {
        var task = new Argument<string>("TASK") { Description = "Its name." };
        var baseName = new Option<string>("--base") { Description = "Name or id of its base.", HelpName = "NAME" };
        var from = new Option<string?>("--from")
        {
            Description = "The checkpoint that it starts from, of a task on the same base; the base and own tensors are then that task's.", HelpName = "TASK:STEP",
        };
        var description = new Option<string?>("--description") { Description = "Free text.", HelpName = "TEXT" };
        var own = new Option<string[]>("--own")
        {
            Description = "A tensor that the task replaces or adds, as in head.weight:F32:2,64. Starts as zeros. May be repeated.", HelpName = "NAME:DTYPE:SHAPE",
        };
        var drop = new Option<string[]>("--drop") { Description = "A tensor of the base that the task does not have. May be repeated.", HelpName = "NAME" };
        var monitor = new Option<string?>("--monitor") { Description = "The metric that 'best' goes by.", HelpName = "METRIC" };
        var mode = new Option<string>("--mode") { Description = "Which values of it are better: min or max.", DefaultValueFactory = _ => "min" };
        mode.AcceptOnlyFromAmong("min", "max");
        var keep = new KeepOptions(monitor, mode);
        var command = new Command("add", "Add a task, or change the description of one.") { task, baseName, from, description, own, drop, monitor, mode };
        keep.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(baseName) is null && result.GetValue(from) is null)
            {
                result.AddError("Option '--base' or '--from' is required.");
            }
        });
        shell.OnStore(command, async (call, cancellation) =>
        {
            var tensors = OwnTensors.Parse(call.Parsed.GetValue(own) ?? [], call.Parsed.GetValue(drop) ?? []);
            var spec = new TaskSpec(
                call.Parsed.GetValue(baseName), call.Parsed.GetValue(description), Retention: keep.RetentionOf(call.Parsed), Tensors: tensors,
                From: StartOf(call.Parsed.GetValue(from)));
            var saved = await call.Store.PutTaskAsync(call.Parsed.GetRequiredValue(task), spec, cancellation);
            call.Print(saved.Value, info => call.Say($"{(saved.Created ? "Added" : "Already there:")} task [bold]{info.Name}[/] on base {info.Base}"));
        });
        return command;
    }

    private static TaskStart? StartOf(string? text) => text is null ? null
        : ParentChoice.Parse(text) is { Task: { } task, Step: { } step } ? new TaskStart(task, step)
        : throw new FishException(ErrorCode.RequestInvalid, "--from", $"'{text}' names no checkpoint of a task.", "Give TASK:STEP.");
}
