using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Following.Pull;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt pull</c>.</summary>
internal static class PullCommand
{
    public static Command Create(Shell shell)
    {
        var task = Arguments.Task();
        var folder = new Argument<string>("DIR")
        {
            Description = "The folder, for this task only. It gets DIR/step-N for each model and the link DIR/current.",
        };
        var follow = new Option<bool>("--follow")
        {
            Description = "Continue until Ctrl-C: pull each new checkpoint, and wait while the server is unavailable.",
        };
        var best = new Option<bool>("--best")
        {
            Description = "Pull the checkpoint with the best value of the task's metric instead of the newest.",
        };
        var step = new Option<string?>("--step") { Description = "Pull this step, or the checkpoint of this tag.", HelpName = "STEP" };
        var keep = new Option<int>("--keep")
        {
            Description = "How many older models to keep, so that their readers can finish after the link moves.", HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        var command = new Command(
            "pull",
            "Update a folder to the newest checkpoint, with a delta or the full model, whichever is smaller.")
        {
            task, folder, follow, best, step, keep,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(best) && result.GetValue(step) is not null)
            {
                result.AddError("Give --best or --step, not both.");
            }

            if (result.GetValue(keep) < 0)
            {
                result.AddError("Option '--keep' needs a number of at least 0.");
            }
        });
        shell.OnStore(
            command,
            async (call, cancellation) =>
            {
                var parsed = call.Parsed;
                var options = new PullOptions
                {
                    Task = parsed.GetRequiredValue(task), Folder = Path.GetFullPath(parsed.GetRequiredValue(folder)),
                    Keep = parsed.GetValue(keep),
                    Step = parsed.GetValue(best) ? StepRef.Best : parsed.GetValue(step) is { } named
                        ? StepRef.Parse(named) : StepRef.Latest,
                    MaxHeaderLength = shell.Settings.Limits.MaxHeaderBytes,
                    OnWarning = warning => call.Terminal.SayError($"[yellow]{warning}[/]"),
                };
                return parsed.GetValue(follow)
                    ? await FollowAsync(call, options, cancellation) : await OnceAsync(call, options, cancellation);
            },
            parsed => ModelPuller.SpoolFolderOf(parsed.GetRequiredValue(folder)));
        return command;
    }

    private static async Task<int> OnceAsync(Call call, PullOptions options, CancellationToken cancellation)
    {
        using var puller = ModelPuller.Open(call.Store, options);
        var pulled = await Progress.SpinAsync(call.Terminal, $"pulling {options.Task}", () => puller.PullAsync(cancellation));
        call.Print(pulled, model => Describe(call, model));
        return ExitCodes.Ok;
    }

    private static async Task<int> FollowAsync(Call call, PullOptions options, CancellationToken cancellation)
    {
        try
        {
            await new PullFollower(call.Store, options, pulled =>
            {
                call.Print(pulled, model => Describe(call, model));
                call.Terminal.Output.Flush();
            }).RunAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Ctrl-C and SIGTERM end following as intended.
        }

        return ExitCodes.Ok;
    }

    private static void Describe(Call call, PulledModel pulled)
    {
        FormattableString how = pulled.Form switch
        {
            PullForm.Delta => $"with a delta of {Say.Bytes(pulled.FetchedBytes)}, for a model of {Say.Bytes(pulled.ModelBytes)}",
            PullForm.Full when pulled.Because is { } because => $"as a full model of {Say.Bytes(pulled.FetchedBytes)}: {because}",
            PullForm.Full => $"as a full model of {Say.Bytes(pulled.FetchedBytes)}",
            PullForm.Kept => $"from the kept models",
            _ => $"already",
        };
        call.Say($"[bold]{pulled.Task}/{pulled.Step}[/] {how.ToString()}, in {pulled.Seconds:F2} s: {pulled.Path}");
    }
}
