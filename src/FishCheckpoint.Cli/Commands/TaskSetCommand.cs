using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt task set</c>.</summary>
internal static class TaskSetCommand
{
    // The words of --clear, and the path of each in a task.
    private static readonly Dictionary<string, string[]> Clearable = new(StringComparer.Ordinal)
    {
        ["description"] = ["description"], ["metadata"] = ["metadata"], ["retention"] = ["retention"],
        ["keep-last"] = ["retention", "keepLast"],
        ["keep-every"] = ["retention", "keepEvery"], ["keep-best"] = ["retention", "keepBest"],
        ["keep-within"] = ["retention", "keepWithin"],
        ["monitor"] = ["retention", "monitor"],
    };

    public static Command Create(Shell shell)
    {
        var task = Arguments.Task();
        var description = new Option<string?>("--description") { Description = "Free text.", HelpName = "TEXT" };
        var metadata = new Option<string[]>("--metadata")
        {
            Description = "A metadata key and its value. Without '=', the key is removed. May be repeated.", HelpName = "KEY=VALUE",
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
        var clear = new Option<string[]>("--clear")
        {
            Description = $"The setting to remove: {string.Join(", ", Clearable.Keys)}. May be repeated.", HelpName = "NAME",
        };
        clear.AcceptOnlyFromAmong([.. Clearable.Keys]);
        var dry = new Option<bool>("--dry-run") { Description = "Show the result, and change nothing." };
        var confirmation = new Confirmation();
        var command = new Command(
            "set", "Change only the named settings of a task. A changed retention shows what it deletes, and asks first.")
        {
            task, description, metadata, monitor, mode,
        };
        keep.AddTo(command);
        command.Add(clear);
        command.Add(dry);
        command.Add(confirmation.Yes);
        shell.OnStore(command, async (call, cancellation) =>
        {
            var name = call.Parsed.GetRequiredValue(task);
            var patch = PatchOf(call.Parsed, description, metadata, keep, clear);
            if (patch.Count == 0)
            {
                throw new FishException(ErrorCode.RequestInvalid, name, "The command names no setting to change.",
                    "Give --description, --metadata, --keep-..., or --clear.");
            }

            var element = JsonSerializer.SerializeToElement(patch);
            var planned = await call.Store.Tasks.ChangeAsync(name, element, dryRun: true, cancellation);
            if (call.Parsed.GetValue(dry))
            {
                call.Print(planned, info => Describe(call, info, "would have"));
                return;
            }

            if (planned.Removes is { Checkpoints: > 0 } removes)
            {
                confirmation.Ask(call, $"Change the retention of {name}, which deletes {Say.Count(removes.Checkpoints)} checkpoints");
            }

            call.Print(await call.Store.Tasks.ChangeAsync(name, element, dryRun: false, cancellation), info => Describe(call, info, "has"));
        });
        return command;
    }

    /// <summary>Prints what a retention deletes, and when.</summary>
    public static void DescribeRemoval(Call call, RetentionPreview? removes)
    {
        if (removes is null)
        {
            return;
        }

        if (removes.Checkpoints == 0)
        {
            call.Say($"the retention deletes no stored checkpoint");
            return;
        }

        const int MaxSteps = 10;
        var steps = string.Join(", ", removes.Steps.Take(MaxSteps)) + (removes.Checkpoints > MaxSteps ? ", ..." : string.Empty);
        var when = removes.Within is { } within ? $"within {within:c}" : $"with the next '{ProgramInfo.Name} gc'";
        var grace = removes.Grace > TimeSpan.Zero
            ? $"they can be undeleted for {removes.Grace:c} after that" : "they cannot be undeleted";
        call.Say(
            $"the retention deletes {Say.Count(removes.Checkpoints)} checkpoints ({steps}; {Say.Bytes(removes.Bytes)}) {when}; {grace}");
    }

    private static void Describe(Call call, TaskInfo info, string has)
    {
        var rules = info.Retention is { } retention ? JsonSerializer.Serialize(retention, FishJson.Options) : "none";
        call.Say(
            $"[bold]{info.Name}[/] {has} the description '{info.Description}', the metadata ",
            $"{JsonSerializer.Serialize(info.Metadata, FishJson.Options)}, the retention {rules}");
        DescribeRemoval(call, info.Removes);
    }

    private static JsonObject PatchOf(
        ParseResult parsed, Option<string?> description, Option<string[]> metadata, KeepOptions keep, Option<string[]> clear)
    {
        var patch = new JsonObject();
        if (parsed.GetValue(description) is { } text)
        {
            patch["description"] = text;
        }

        foreach (var pair in parsed.GetValue(metadata) ?? [])
        {
            var sign = pair.IndexOf('=', StringComparison.Ordinal);
            Child(patch, "metadata")[sign < 0 ? pair : pair[..sign]] = sign < 0 ? null : pair[(sign + 1)..];
        }

        foreach (var (rule, value) in keep.Named(parsed))
        {
            Child(patch, "retention")[rule] = value;
        }

        foreach (var name in parsed.GetValue(clear) ?? [])
        {
            var path = Clearable[name];
            (path.Length == 1 ? patch : Child(patch, path[0]))[path[^1]] = null;
        }

        return patch;
    }

    private static JsonObject Child(JsonObject patch, string name)
    {
        if (patch[name] is not JsonObject child)
        {
            patch[name] = child = [];
        }

        return child;
    }
}
