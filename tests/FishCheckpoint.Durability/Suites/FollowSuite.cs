using System.Text.Json;
using System.Text.RegularExpressions;
using FishCheckpoint.Durability.Following;

namespace FishCheckpoint.Durability.Suites;

/// <summary>
/// <c>fishckpt pull --follow</c>, killed with SIGKILL at random moments while another process saves, on the data folder and on a server
/// that is killed at times too. Whenever one looks, <c>current</c> is a whole model of a step that was saved; in the end it is the newest,
/// bit for bit.
/// </summary>
/// <param name="seed">Of what is saved and when is killed.</param>
/// <param name="folder">A folder for all of it.</param>
/// <param name="fish">The path of <c>fishckpt</c>.</param>
public sealed partial class FollowSuite(int seed, string folder, string fish)
{
    private static readonly TimeSpan CatchUp = TimeSpan.FromMinutes(10);

    private readonly Random random = new(seed);
    private readonly SuiteResult result = new();
    private readonly string data = Path.Combine(folder, "data");
    private readonly string pulled = Path.Combine(folder, "pulled");

    /// <summary>The <c>fishckpt</c> that was built with this program.</summary>
    public static string Built => Path.GetFullPath(Path.Combine(AppContext.BaseDirectory.Replace(
        Path.Combine("tests", "FishCheckpoint.Durability"), Path.Combine("src", "FishCheckpoint.Cli"), StringComparison.Ordinal),
        "fishckpt"));

    /// <summary>Kills n times.</summary>
    public async Task<SuiteResult> RunAsync(int kills, Progress progress)
    {
        Directory.CreateDirectory(pulled);
        await using var task = await FollowedTask.CreateAsync(data, seed, folder);
        using var stop = new CancellationTokenSource();
        await using var server = new FollowedServer(fish, data);
        var look = new PulledLook(pulled, task);
        var saving = Task.Run(() => task.SaveOnAsync(stop.Token));
        for (var kill = 0; kill < kills && result.Findings.Count == 0 && !progress.IsOver && !saving.IsCompleted; kill++)
        {
            await RunOnceAsync(await DrawAddressAsync(server), look, $"seed {seed}, kill {kill}");
            if (kill % 20 == 19)
            {
                progress.Report($"{kill + 1} kills, at step {look.Seen} of {task.Newest}");
            }
        }

        await stop.CancelAsync();
        await saving;
        await EndAsync(await server.StartAsync(), task, look);
        result.Count("saves", task.Saves);
        return result;
    }

    [GeneratedRegex(@" \d+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StepNumber();

    private async Task<string[]> DrawAddressAsync(FollowedServer server)
    {
        if (random.Next(2) == 0)
        {
            return ["--data", data];
        }

        if (random.Next(5) == 0)
        {
            await server.KillAsync();
            result.Count("kills of the server");
        }

        return await server.StartAsync();
    }

    private async Task RunOnceAsync(string[] address, PulledLook look, string where)
    {
        using (var following = FishProcess.Start(fish, ["pull", FollowedTask.Name, pulled, "--follow", "--json", .. address]))
        {
            await WatchAsync(following, look, where);
            if (following.HasExited)
            {
                result.Find($"{where}: it ended by itself with {following.ExitCode}: {string.Join(' ', following.Errors)}");
            }
            else
            {
                await following.KillAsync();
            }

            Count(following, where);
        }

        Note(look);
        result.Count("kills");
        result.Count("looks");
        if (look.LookAtRest() is { } wrong)
        {
            result.Find($"{where}: after the kill, {wrong}");
        }
    }

    // Looks on until the moment of the kill: some time after the start, or a few milliseconds after something has begun to come.
    private async Task WatchAsync(FishProcess following, PulledLook look, string where)
    {
        var (clock, whileComing) = (System.Diagnostics.Stopwatch.StartNew(), random.Next(4) > 0);
        var latest = TimeSpan.FromMilliseconds(whileComing ? 10_000 : random.Next(0, 3000));
        var (moves, after, turn) = (random.Next(0, 4), random.Next(0, 25), 0);
        while (clock.Elapsed < latest && !following.HasExited)
        {
            if (whileComing && following.Output.Count >= moves && look.Count().Incoming > 0)
            {
                await Task.Delay(after);
                return;
            }

            if (turn++ % 8 == 0)
            {
                result.Count("looks");
                if (look.Look() is { } wrong)
                {
                    result.Find($"{where}: {wrong}");
                    return;
                }
            }

            await Task.Delay(2);
        }
    }

    private void Count(FishProcess following, string where)
    {
        foreach (var line in following.Output.Where(line => line.EndsWith('}')))
        {
            using var moved = JsonDocument.Parse(line);
            var because = moved.RootElement.GetProperty("because").GetString();
            var reason = because is null ? "" : $" ({StepNumber().Replace(because, " N")})";
            result.Count($"moves of the pointer: {moved.RootElement.GetProperty("form").GetString()}{reason}");
        }

        if (following.Errors.Any(line => line.Contains("UNEXPECTED", StringComparison.Ordinal)))
        {
            result.Find($"{where}: {string.Join(' ', following.Errors)}");
        }
    }

    private void Note(PulledLook look)
    {
        var (incoming, models) = look.Count();
        result.Count(
            incoming > 0 ? "kills while a model came, or an old one went" : models > 2
            ? "kills between a model and the pointer, or before an old one went" : "kills otherwise");
    }

    // Without kills it comes to the newest step, tidies up, and ends when it is asked to.
    private async Task EndAsync(string[] address, FollowedTask task, PulledLook look)
    {
        using var following = FishProcess.Start(fish, ["pull", FollowedTask.Name, pulled, "--follow", "--json", .. address]);
        for (var clock = System.Diagnostics.Stopwatch.StartNew(); clock.Elapsed < CatchUp && !following.HasExited
            && look.Seen < task.Newest;)
        {
            await Task.Delay(20);
            if (look.Look() is { } wrong)
            {
                result.Find($"seed {seed}, at the end: {wrong}");
                return;
            }
        }

        await following.EndAsync();
        Count(following, "at the end");
        if (look.LookAtRest() is { } last || look.Seen != task.Newest || following.ExitCode != 0)
        {
            result.Find(
                $"seed {seed}: it ended at step {look.Seen} of {task.Newest}, with {following.ExitCode}: "
                + $"{string.Join(' ', following.Errors)}");
        }
        else if (look.Count() is var (incoming, models) && (incoming > 0 || models > 2))
        {
            result.Find($"seed {seed}: {incoming} leftovers and {models} models are there in the end");
        }
    }
}
