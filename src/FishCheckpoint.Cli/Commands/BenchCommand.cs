using System.CommandLine;
using System.Text.Json;
using FishCheckpoint.Api.Composition;
using FishCheckpoint.Bench;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt bench</c>: measures sizes and speeds on this machine, with two checkpoints of the user.</summary>
internal static class BenchCommand
{
    private const int DefaultRounds = 5;

    public static Command Create(Shell shell)
    {
        var before = new Argument<string?>("BEFORE")
        {
            Description = "A safetensors file, or a folder of shards. Default: a small synthetic pair.", Arity = ArgumentArity.ZeroOrOne,
        };
        var after = new Argument<string?>("AFTER")
        {
            Description = "A later checkpoint of the same model.", Arity = ArgumentArity.ZeroOrOne,
        };
        var rounds = new Option<int>("--rounds")
        {
            Description = "How often to time each measurement.", HelpName = "N", DefaultValueFactory = _ => DefaultRounds,
        };
        var temporary = new Option<string?>("--temp")
        {
            Description =
                "The folder for a temporary store with a copy of BEFORE. A durable save waits for its disk. "
                + "Default: the system's temporary folder.", HelpName = "DIR",
        };
        rounds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--rounds must be at least 1.");
            }
        });
        var command = new Command(
            "bench", "Measure the size and speed of storing two checkpoints on this machine, compared with simple encodings.")
        {
            before, after, rounds, temporary,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(before) is not null && result.GetValue(after) is null)
            {
                result.AddError("Give BEFORE and AFTER, or neither for a synthetic pair.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            var paths = parsed.GetValue(before) is { } path ? (path, parsed.GetRequiredValue(after)!) : ((string, string)?)null;
            var plan = new BenchPlan(paths, parsed.GetValue(rounds), Path.GetFullPath(parsed.GetValue(temporary) ?? Path.GetTempPath()));
            var run = new BenchRun(
                plan, shell.Settings.ToStoreOptions(), (steps, work) => Progress.StepsAsync(shell.Terminal, "measuring", steps, work));
            var result = await run.RunAsync(cancellation);
            if (parsed.GetValue(shell.Json))
            {
                await shell.Terminal.Output.WriteLineAsync(JsonSerializer.Serialize(result, FishJson.Options));
            }
            else
            {
                BenchTables.Print(shell.Terminal, result);
            }

            return result.BitExact ? ExitCodes.Ok : ExitCodes.Of(ErrorKind.Corrupt);
        });
        return command;
    }
}
