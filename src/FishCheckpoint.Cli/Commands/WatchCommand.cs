using System.CommandLine;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Following.Watch;
using FishCheckpoint.Interchange.Torch;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt watch</c>.</summary>
internal static class WatchCommand
{
    public static Command Create(Shell shell)
    {
        var folder = new Argument<string>("DIR") { Description = "The folder that a trainer writes its checkpoints into." };
        var task = new Option<string>("--task")
        {
            Description = "The task. Created with --base if it does not exist.", HelpName = "TASK", Required = true,
        };
        var name = new Option<string?>("--base") { Description = "The base of a task to create.", HelpName = "BASE" };
        var pattern = new Option<string?>("--pattern")
        {
            Description =
                "The names to save, with {step} for the step and * for any text. Default: step_N and step-N with .safetensors, .bin, .pt "
                + "or .pth, checkpoint-N/, global_step_N/, step_N/.",
            HelpName = "NAME",
        };
        var interval = new Option<string>("--interval")
        {
            Description = "How often to look for files.", HelpName = "TIME", DefaultValueFactory = _ => "1s",
        };
        var settle = new Option<string>("--settle")
        {
            Description = "How long a file must stay unchanged before it counts as complete.", HelpName = "TIME",
            DefaultValueFactory = _ => "2s",
        };
        var once = new Option<bool>("--once") { Description = "Save the files that exist, and exit." };
        var command = new Command(
            "watch",
            "Save new models and sparse patches that a trainer writes into a folder, until Ctrl-C. For folders of deltas (weight sync), "
            + $"use '{ProgramInfo.Name} import'.")
        {
            folder, task, name, pattern, interval, settle, once,
        };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var parsed = call.Parsed;
            var options = new WatchOptions
            {
                Folder = Path.GetFullPath(parsed.GetRequiredValue(folder)), Task = parsed.GetRequiredValue(task),
                Base = parsed.GetValue(name), Pattern = parsed.GetValue(pattern),
                Interval = Amounts.Span(parsed.GetRequiredValue(interval)), Settle = Amounts.Span(parsed.GetRequiredValue(settle)),
                Once = parsed.GetValue(once),
                MaxHeaderLength = shell.Settings.Limits.MaxHeaderBytes,
                Convert = path => TorchModelFiles.Is(path)
                    ? ConvertedTorchModel.Open(path, null, shell.Settings.Limits.MaxHeaderBytes).Model : null,
                OnWarning = warning => call.Terminal.SayError($"[yellow]{warning}[/]"),
            };
            return await WatchAsync(call, options, cancellation);
        });
        return command;
    }

    private static async Task<int> WatchAsync(Call call, WatchOptions options, CancellationToken cancellation)
    {
        try
        {
            var refused = await new FolderWatcher(call.Store, options, version =>
            {
                call.Print(version, saved => Describe(call, saved));
                call.Terminal.Output.Flush();
            }).RunAsync(cancellation);
            return refused.Count == 0 ? ExitCodes.Ok : ExitCodes.Of(refused[0].Kind);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Ctrl-C and SIGTERM end watching as intended.
            return ExitCodes.Ok;
        }
    }

    private static void Describe(Call call, WatchedVersion version)
    {
        call.Say(
            $"{(version.Created ? "Saved" : "Already there:")} [bold]{version.Task}/{version.Step}[/] from {version.Name}: ",
            $"{Say.Count(version.Changed)} values, {Say.Bytes(version.StoredBytes)} for a model of {Say.Bytes(version.ModelBytes)}, ",
            $"in {version.Seconds:F2} s");
        call.SayLeftOut(version.LeftOut);
    }
}
