using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish verify</c>.</summary>
internal static class VerifyCommand
{
    public static Command Create(Shell shell)
    {
        var task = Arguments.OptionalTask();
        var step = new Argument<string?>("STEP")
        {
            Description = "One checkpoint: a step, latest, best, or a tag. Default: all of them.", Arity = ArgumentArity.ZeroOrOne,
        };
        var quick = new Option<bool>("--quick")
        {
            Description = "Only the structure: heads, indices, lengths, sums and names; no values are read.",
        };
        var subset = new Option<string?>("--subset")
        {
            Description = "One of so many parts of the store, as in 3/7; each thing is always in the same part.", HelpName = "N/T",
        };
        var time = new Option<double?>("--max-time")
        {
            Description = "How long it may go on, in seconds; the next run goes on from there.", HelpName = "S",
        };
        var bytes = new Option<long?>("--max-bytes")
        {
            Description = "The most stored bytes that are read; the next run goes on from there.", HelpName = "N",
        };
        var command = new Command(
            "verify", "Read what is stored, what was not verified for longest first, and compare it with its checksums and digests.")
        {
            task, step, quick, subset, time, bytes,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(step) is not null
                && (result.GetValue(quick) || result.GetValue(subset) is not null || result.GetValue(time) is not null
                    || result.GetValue(bytes) is not null))
            {
                result.AddError("One checkpoint is verified whole: leave the options out, or the STEP.");
            }
        });
        shell.OnStore(command, async (call, cancellation) => call.Parsed.GetValue(step) is { } one
            ? await OneAsync(call, call.Parsed.GetValue(task)!, one, cancellation)
            : await StoreAsync(call, new VerifyOptions
            {
                Quick = call.Parsed.GetValue(quick), Task = call.Parsed.GetValue(task), Subset = SubsetOf(call.Parsed.GetValue(subset)),
                MaxTime = TimeOf(call.Parsed.GetValue(time)), MaxBytes = call.Parsed.GetValue(bytes),
            }, cancellation));
        return command;
    }

    private static async Task<int> OneAsync(Call call, string task, string step, CancellationToken cancellation)
    {
        var result = await Progress.SpinAsync(
            call.Terminal, "verifying", () => call.Store.Maintenance.VerifyCheckpointAsync(task, StepRef.Parse(step), cancellation));
        call.Print(result, found => VerifyTexts.Describe(call.Terminal, found));
        return result.Sound ? ExitCodes.Ok : ExitCodes.Of(ErrorKind.Corrupt);
    }

    private static async Task<int> StoreAsync(Call call, VerifyOptions options, CancellationToken cancellation)
    {
        var report = await Progress.SpinAsync(
            call.Terminal, "verifying", () => call.Store.Maintenance.VerifyAsync(options.Validate(), cancellation));
        call.Print(report, found => VerifyTexts.Describe(call.Terminal, found));
        return report.Damaged.Count == 0 ? ExitCodes.Ok : ExitCodes.Of(ErrorKind.Corrupt);
    }

    private static TimeSpan? TimeOf(double? seconds) => seconds is null ? null
        : seconds > 0 && seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds.Value)
        : throw new FishException(
            ErrorCode.RequestInvalid, "--max-time", $"{seconds} seconds are no time to verify in.",
            "Give more than nothing, or leave it out.");

    private static VerifySubset? SubsetOf(string? text)
    {
        if (text is null)
        {
            return null;
        }

        return text.Split('/') is [var part, var of] && int.TryParse(part, out var number) && int.TryParse(of, out var count)
            ? new VerifySubset(number, count)
            : throw new FishException(
                ErrorCode.RequestInvalid, "--subset", $"'{text}' is no part of a store.",
                "Give the part and how many there are, as in 3/7.");
    }
}
