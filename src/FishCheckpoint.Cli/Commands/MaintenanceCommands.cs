using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary>What the maintenance commands share: options that bound a run, and how to run it and print its result.</summary>
internal static class MaintenanceCommands
{
    public static Option<string?> Task(string description = "Only the checkpoints of this task.") =>
        new("--task") { Description = description, HelpName = "TASK" };

    public static Option<long?> MaxBytes(string description) => new("--max-bytes") { Description = description, HelpName = "N" };

    public static Option<double?> MaxTime(
        string description = "The longest time to work, in seconds. Default: until everything is done.") =>
        new("--max-time") { Description = description, HelpName = "S" };

    /// <summary>The time of an option in seconds; <see langword="null"/> if it is left out.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: it is not positive.</exception>
    public static TimeSpan? TimeOf(this ParseResult parsed, Option<double?> option, string verb = "work") =>
        parsed.GetValue(option) is not { } seconds ? null
        : seconds > 0 && seconds < TimeSpan.MaxValue.TotalSeconds ? TimeSpan.FromSeconds(seconds)
        : throw new FishException(
            ErrorCode.RequestInvalid, option.Name, $"{seconds} seconds is not a valid time to {verb}.",
            "Give a positive number, or omit the option.");

    /// <summary>Runs maintenance with progress, and prints its result.</summary>
    /// <param name="call">The command's run.</param>
    /// <param name="title">What is being done.</param>
    /// <param name="run">Does it.</param>
    /// <param name="describe">Prints the result for people.</param>
    /// <param name="damaged">How many items the run found damaged.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync<T>(
        this Call call, string title, Func<Task<T>> run, Action<Terminal, T> describe, Func<T, int> damaged)
    {
        var result = await Progress.SpinAsync(call.Terminal, title, run);
        call.Print(result, done => describe(call.Terminal, done));
        return damaged(result) == 0 ? ExitCodes.Ok : ExitCodes.Of(ErrorKind.Corrupt);
    }

    public static void SayDamaged(this Terminal terminal, IEnumerable<DamagedFrame> frames)
    {
        foreach (var damaged in frames)
        {
            terminal.Say($"[red]damaged[/] [bold]{damaged.Key}[/]: {damaged.Problem}");
        }
    }

    public static void SayRest(this Terminal terminal, bool finished)
    {
        if (!finished)
        {
            terminal.Say($"not finished: the next run continues from here");
        }
    }
}
