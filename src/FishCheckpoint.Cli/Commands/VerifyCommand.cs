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
        var step = new Argument<string?>("STEP") { Description = "A step, latest, best, or a tag. Default: all of them.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("verify", "Read everything that checkpoints are made of, and compare it with its digests.") { task, step };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var keys = await KeysAsync(call, call.Parsed.GetValue(task), call.Parsed.GetValue(step), cancellation);
            var results = new List<VerifyResult>();
            await Progress.StepsAsync(call.Terminal, "verifying", keys.Count, async done =>
            {
                foreach (var (name, reference) in keys)
                {
                    results.Add(await call.Store.VerifyAsync(name, reference, cancellation));
                    done($"{name}/{reference}");
                }
            });
            call.Print(results, found => Describe(call.Terminal, found));
            return results.TrueForAll(result => result.Sound) ? ExitCodes.Ok : ExitCodes.Of(ErrorKind.Corrupt);
        });
        return command;
    }

    private static async Task<List<(string Task, StepRef Step)>> KeysAsync(Call call, string? task, string? step, CancellationToken cancellation)
    {
        if (task is not null && step is not null)
        {
            return [(task, StepRef.Parse(step))];
        }

        var tasks = task is null ? (await Pages.AllAsync(page => call.Store.ListTasksAsync(page, cancellation))).Select(info => info.Name) : [task];
        var keys = new List<(string, StepRef)>();
        foreach (var name in tasks)
        {
            var checkpoints = await Pages.AllAsync(page => call.Store.ListCheckpointsAsync(name, page, cancellation));
            keys.AddRange(checkpoints.Select(info => (name, StepRef.At(info.Step))));
        }

        return keys;
    }

    private static void Describe(Terminal terminal, List<VerifyResult> results)
    {
        foreach (var result in results.Where(result => !result.Sound))
        {
            terminal.Say($"[red]damaged[/] [bold]{result.Task}/{result.Step}[/]: {result.Problem ?? string.Empty}");
        }

        var sound = results.Count(result => result.Sound);
        terminal.Say($"{Say.Count(sound)} of {Say.Count(results.Count)} checkpoints are sound; {Say.Bytes(results.Sum(result => result.BytesRead))} read");
    }
}
