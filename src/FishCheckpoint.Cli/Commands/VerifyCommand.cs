using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt verify</c>.</summary>
internal static class VerifyCommand
{
    public static Command Create(Shell shell)
    {
        var task = Arguments.OptionalTask();
        var step = new Argument<string?>("STEP")
        {
            Description = "One checkpoint: a step, latest, best, or a tag. Default: all checkpoints.", Arity = ArgumentArity.ZeroOrOne,
        };
        var quick = new Option<bool>("--quick")
        {
            Description = "Check only the structure: heads, indices, lengths, checksums and names. Read no values.",
        };
        var subset = new Option<string?>("--subset")
        {
            Description = "Verify part N of T parts of the store, as in 3/7. An item is always in the same part.", HelpName = "N/T",
        };
        var time = MaintenanceCommands.MaxTime("The longest time to work, in seconds. The next run continues from there.");
        var bytes = MaintenanceCommands.MaxBytes("The largest number of stored bytes to read. The next run continues from there.");
        var command = new Command(
            "verify", "Read the store and compare it with its checksums and digests. Items that were not verified for longest come first.")
        {
            task, step, quick, subset, time, bytes,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(step) is not null
                && (result.GetValue(quick) || result.GetValue(subset) is not null || result.GetValue(time) is not null
                    || result.GetValue(bytes) is not null))
            {
                result.AddError("The options apply to the store, not to one checkpoint: omit them, or omit STEP.");
            }
        });
        shell.OnStore(command, (call, cancellation) =>
        {
            var (parsed, maintenance) = (call.Parsed, call.Store.Maintenance);
            if (parsed.GetValue(step) is { } one)
            {
                return call.RunAsync(
                    "verifying",
                    () => maintenance.VerifyCheckpointAsync(parsed.GetValue(task)!, StepRef.Parse(one), cancellation),
                    VerifyTexts.Describe, result => result.Sound ? 0 : 1);
            }

            var options = new VerifyOptions
            {
                Quick = parsed.GetValue(quick), Task = parsed.GetValue(task), Subset = SubsetOf(parsed.GetValue(subset)),
                MaxTime = parsed.TimeOf(time, "verify"), MaxBytes = parsed.GetValue(bytes),
            };
            return call.RunAsync(
                "verifying", () => maintenance.VerifyAsync(options.Validate(), cancellation), VerifyTexts.Describe,
                report => report.Damaged.Count);
        });
        return command;
    }

    private static VerifySubset? SubsetOf(string? text)
    {
        if (text is null)
        {
            return null;
        }

        return text.Split('/') is [var part, var of] && int.TryParse(part, out var number) && int.TryParse(of, out var count)
            ? new VerifySubset(number, count)
            : throw new FishException(
                ErrorCode.RequestInvalid, "--subset", $"'{text}' is not a part of a store.",
                "Give the part and the number of parts, as in 3/7.");
    }
}
