using System.Diagnostics;
using System.Text;
using FishCheckpoint.Benchmarks.EndToEnd.Processes;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;
using FishCheckpoint.Benchmarks.Sizes;

namespace FishCheckpoint.Benchmarks.EndToEnd.Builds;

/// <summary>
/// Saves and loads of the corpus's checkpoints by two builds of the program in turns, over HTTP and from the command line.
/// </summary>
internal static class BuildsRun
{
    private const int WarmUps = 12;

    /// <summary>Compares.</summary>
    /// <param name="folder">The corpus.</param>
    /// <param name="before">One build's <c>fish</c>.</param>
    /// <param name="after">The other's.</param>
    /// <param name="turns">Turns that count.</param>
    /// <param name="write">Whether the table goes into docs/evidence/results.md.</param>
    public static async Task RunAsync(string folder, string before, string after, int turns, bool write)
    {
        var own = Directory.CreateTempSubdirectory("fish-builds-").FullName;
        try
        {
            Build[] builds = [new(before, Path.Combine(own, "a")), new(after, Path.Combine(own, "b"))];
            await OverHttpAsync(folder, builds, turns);
            await FromTheCommandLineAsync(folder, builds, turns, Path.Combine(own, "loaded.safetensors"));
            BenchmarkPage.Publish("builds", Render(builds, turns), write);
        }
        finally
        {
            Directory.Delete(own, recursive: true);
        }
    }

    private static async Task OverHttpAsync(string folder, Build[] builds, int turns)
    {
        var (pair, fish) = (Path.Combine(folder, "bf16", "density-5"), new FishFolder(Path.Combine(folder, "fish")));
        await using var first = await builds[0].ServeAsync();
        await using var second = await builds[1].ServeAsync();
        HttpClient[] clients = [ServerCalls.ClientOf(first), ServerCalls.ClientOf(second)];
        foreach (var client in clients)
        {
            await client.PutFileAsync("/v1/bases/bf16", Path.Combine(pair, "before.safetensors"));
            await client.PutFileAsync("/v1/bases/fish", fish.BasePath);
        }

        for (var turn = -WarmUps; turn < turns; turn++)
        {
            var (task, keep, step) = ($"t{turn + WarmUps}", turn >= 0, fish.Steps.Count);
            foreach (var index in turn % 2 == 0 ? new[] { 0, 1 } : [1, 0])
            {
                var (build, client) = (builds[index], clients[index]);
                await client.PutTaskAsync($"{task}-bf16", "bf16");
                await client.PutTaskAsync($"{task}-fish", "fish");
                await build.TimeAsync("PUT of a bf16 model, 5 % changed", keep, () => client.PutFileAsync(
                    $"/v1/tasks/{task}-bf16/checkpoints/1", Path.Combine(pair, "after.safetensors")));
                await build.TimeAsync("GET of it", keep, () => GetAsync(client, $"{task}-bf16"));
                await build.TimeAsync("PUT of a patch with a new mask, float32", keep, () => PatchAsync(client, task, fish.Steps[0]));
                await build.TimeAsync(
                    $"PUT of {step - 1} patches on that mask", keep, () => PatchesAsync(client, task, fish.Steps.Skip(1)));
                await build.TimeAsync("GET of the last one's model", keep, () => GetAsync(client, $"{task}-fish"));
            }
        }

        Array.ForEach(clients, client => client.Dispose());
    }

    private static async Task FromTheCommandLineAsync(string folder, Build[] builds, int turns, string target)
    {
        var (pair, fish) = (Path.Combine(folder, "bf16", "density-5"), new FishFolder(Path.Combine(folder, "fish")));
        foreach (var build in builds)
        {
            await build.RunAsync("task", "add", "lines", "--base", "bf16");
            await build.RunAsync("task", "add", "masked", "--base", "fish");
        }

        for (var turn = -1; turn < turns; turn++)
        {
            foreach (var build in turn % 2 == 0 ? builds : [builds[1], builds[0]])
            {
                var patch = fish.Steps[(turn + 1) % fish.Steps.Count].Path;
                await build.TimeAsync("fish save, bf16", turn >= 0, () => build.RunAsync(
                    "save", "lines", $"{turn + 1}", Path.Combine(pair, "after.safetensors")));
                await build.TimeAsync("fish save, a patch", turn >= 0, () => build.RunAsync("save", "masked", $"{turn + 1}", patch));
                await build.TimeAsync("fish load, bf16", turn >= 0, () => build.RunAsync("load", "lines", "latest", target));
                File.Delete(target);
                await build.TimeAsync("fish load, float32", turn >= 0, () => build.RunAsync("load", "masked", "latest", target));
                File.Delete(target);
            }
        }
    }

    private static async Task PatchesAsync(HttpClient client, string task, IEnumerable<(long Step, string Path)> patches)
    {
        foreach (var patch in patches)
        {
            await PatchAsync(client, task, patch);
        }
    }

    private static Task PatchAsync(HttpClient client, string task, (long Step, string Path) patch) =>
        client.PutFileAsync($"/v1/tasks/{task}-fish/checkpoints/{patch.Step}", patch.Path);

    private static async Task GetAsync(HttpClient client, string task)
    {
        await using var model = await client.GetStreamAsync(
            new Uri($"/v1/tasks/{task}/checkpoints/latest/model.safetensors", UriKind.Relative));
        await model.CopyToAsync(Stream.Null);
    }

    private static string Render(Build[] builds, int turns)
    {
        var text = new StringBuilder($"Machine: {Machine.Describe()} {turns} turns.\n\n");
        text.Append("| operation | before, ms | after, ms | after / before |\n|---|---:|---:|---:|\n");
        foreach (var (operation, times) in builds[0].Seconds)
        {
            var others = builds[1].Seconds[operation];
            text.AppendLine(
                $"| {operation} | {Spread.Of(times.Select(time => time * 1000)).Text("0.0")} | "
                + $"{Spread.Of(others.Select(time => time * 1000)).Text("0.0")} "
                + $"| {Spread.OfRatios(others, times).Text("0.00")} |");
        }

        return text.ToString();
    }
}

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
        var start = new ProcessStartInfo(program, [.. arguments, "--data", data, "--no-progress"])
        {
            RedirectStandardOutput = true, UseShellExecute = false,
        };
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
