using FishCheckpoint.Durability.Suites;
using FishCheckpoint.Fuzz.Engine;
using Xunit.Runner.InProc.SystemConsole;

namespace FishCheckpoint.Fuzz;

/// <summary>
/// Fuzzes: <c>[TARGET] --minutes N --seed S [--keep]</c>. Packs the inputs that lie loose in the corpus: <c>pack</c>. Or runs the tests
/// that replay the corpus.
/// </summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (args is ["pack"])
        {
            foreach (var name in Targets.Names)
            {
                Console.WriteLine($"{name}: {Corpus.PackLoose(name)} inputs");
            }

            return 0;
        }

        var minutes = Array.IndexOf(args, "--minutes");
        if (minutes < 0)
        {
            return await ConsoleRunner.Run(args);
        }

        var seed = Array.IndexOf(args, "--seed") is var place and >= 0 ? int.Parse(args[place + 1]) : Random.Shared.Next(1_000_000);
        var targets = await Targets.CreateAsync(args[0].StartsWith('-') ? null : args[0]);
        if (targets.Count == 0)
        {
            await Console.Error.WriteLineAsync($"There is no such target. There are: {string.Join(", ", Targets.Names)}.");
            return 2;
        }

        await Console.Error.WriteLineAsync($"seed {seed}");
        var progress = new Progress(TimeSpan.FromMinutes(double.Parse(args[minutes + 1])), Console.Error);
        var result = FuzzRun.Run(targets, seed, TimeSpan.FromSeconds(5), progress, args.Contains("--keep", StringComparer.Ordinal));
        foreach (var target in targets)
        {
            await target.DisposeAsync();
        }

        Console.WriteLine($"{string.Join(' ', args)} (seed {seed})");
        Console.WriteLine(result.ToString());
        return result.Findings.Count == 0 ? 0 : 1;
    }
}
