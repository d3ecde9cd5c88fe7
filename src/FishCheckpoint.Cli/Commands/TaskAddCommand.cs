using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt task add</c>.</summary>
internal static class TaskAddCommand
{
    public static Command Create(Shell shell)
    {
        var task = new Argument<string>("TASK") { Description = "The name of the task." };
        var baseName = new Option<string>("--base") { Description = "The name or id of the base.", HelpName = "NAME" };
        var from = new Option<string?>("--from")
        {
            Description = "The checkpoint of another task to start from. The new task has the base and own tensors of that task.",
            HelpName = "TASK:STEP",
        };
        var description = new Option<string?>("--description") { Description = "Free text.", HelpName = "TEXT" };
        var own = new Option<string[]>("--own")
        {
            Description = "A tensor that the task replaces or adds, as in head.weight:F32:2,64. Its values start as zeros. "
                + "May be repeated.",
            HelpName = "NAME:DTYPE:SHAPE",
        };
        var drop = new Option<string[]>("--drop")
        {
            Description = "A tensor of the base that the task does not have. May be repeated.", HelpName = "NAME",
        };
        var monitor = new Option<string?>("--monitor")
        {
            Description = "The metric that decides which checkpoint is 'best'.", HelpName = "METRIC",
        };
        var mode = new Option<string>("--mode")
        {
            Description = "Whether lower (min) or higher (max) values are better.", DefaultValueFactory = _ => "min",
        };
        mode.AcceptOnlyFromAmong("min", "max");
        var keep = new KeepOptions(monitor, mode);
        var command = new Command("add", $"Add a task. An existing task is not changed: use '{ProgramInfo.Name} task set'.")
        {
            task, baseName, from, description, own, drop, monitor, mode,
        };
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
            var name = call.Parsed.GetRequiredValue(task);
            var spec = new TaskSpec(
                call.Parsed.GetValue(baseName), call.Parsed.GetValue(description), Retention: keep.RetentionOf(call.Parsed),
                Tensors: tensors,
                BranchPoint: BranchPointOf(call.Parsed.GetValue(from)));
            if (await FindAsync(call, name, cancellation) is { } existing)
            {
                RequireSame(existing, call.Parsed.GetValue(description), keep.Named(call.Parsed));

                // The store compares its base, own tensors and branch point.
                spec = spec with { Description = existing.Description, Metadata = existing.Metadata, Retention = existing.Retention };
            }

            var saved = await call.Store.Tasks.PutAsync(name, spec, cancellation);
            call.Print(saved.Value, info =>
                call.Say($"{(saved.Created ? "Added" : "Already there:")} task [bold]{info.Name}[/] on base {info.Base}"));
        });
        return command;
    }

    private static async Task<TaskInfo?> FindAsync(Call call, string name, CancellationToken cancellation)
    {
        try
        {
            return await call.Store.Tasks.GetAsync(name, cancellation);
        }
        catch (FishException error) when (error.Code == ErrorCode.TaskNotFound)
        {
            return null;
        }
    }

    // Adding an existing task must not change it, least of all its retention.
    private static void RequireSame(TaskInfo existing, string? description, IEnumerable<(string Rule, JsonNode? Value)> rules)
    {
        var before = JsonSerializer.SerializeToNode(existing.Retention ?? new Retention(), FishJson.Options)!;
        var differ = rules.Where(rule => !JsonNode.DeepEquals(before[rule.Rule], rule.Value))
            .Select(rule => $"retention.{rule.Rule} is {before[rule.Rule]?.ToJsonString() ?? "not set"}, not {rule.Value?.ToJsonString()}")
            .ToList();
        if (description is not null && description != existing.Description)
        {
            differ.Insert(0, $"the description is '{existing.Description}', not '{description}'");
        }

        if (differ.Count > 0)
        {
            throw new FishException(
                ErrorCode.TaskTaken, existing.Name, $"The task exists with other settings: {string.Join("; ", differ)}. "
                + "Nothing was changed.",
                $"Change it with '{ProgramInfo.Name} task set', or choose another name.");
        }
    }

    private static BranchPoint? BranchPointOf(string? text) => text is null ? null
        : ParentChoice.Parse(text) is { Task: { } task, Step: { } step } ? new BranchPoint(task, step)
        : throw new FishException(ErrorCode.RequestInvalid, "--from", $"'{text}' does not name a checkpoint of a task.", "Give TASK:STEP.");
}
