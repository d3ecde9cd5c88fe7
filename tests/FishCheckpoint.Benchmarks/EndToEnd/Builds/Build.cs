using System.Diagnostics;
using FishCheckpoint.Benchmarks.EndToEnd.Processes;

namespace FishCheckpoint.Benchmarks.EndToEnd.Builds;

/// <summary>One build's program <c>fish</c>, with a data folder of its own.</summary>
internal sealed class Build(string program, string folder)
{
    private readonly string data = Path.Combine(folder, "data");

    /// <summary>How long each operation took, by its name.</summary>
    public Dictionary<string, List<double>> Seconds { get; } = new(StringComparer.Ordinal);

    /// <summary>Starts its server.</summary>
    public async Task<ServerProcess> ServeAsync()
    {
        var address = ChildProcess.FreeAddress();
        var process = ChildProcess.Start(program, "serve", "--data", data, "--urls", $"{address}");
        await process.WaitForAsync(address);
        return new ServerProcess(process, address);
    }

    /// <summary>Runs a command on its data folder.</summary>
    public async Task RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(program, [.. arguments, "--data", data, "--no-progress"]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        _ = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
        }
    }

    /// <summary>Times an operation.</summary>
    public async Task TimeAsync(string operation, bool keep, Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        if (keep)
        {
            (Seconds.TryGetValue(operation, out var times) ? times : Seconds[operation] = []).Add(clock.Elapsed.TotalSeconds);
        }
    }
}
