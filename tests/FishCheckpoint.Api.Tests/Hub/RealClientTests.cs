using System.Diagnostics;
using FishCheckpoint.Access;
using FishCheckpoint.Api.Tests.Support;
using FishCheckpoint.Storage;
using Xunit;

namespace FishCheckpoint.Api.Tests.Hub;

/// <summary>The real huggingface_hub against this server: tests/python/hub_client.py says what is to come of it.</summary>
[Trait("Category", "Slow")]
public sealed class RealClientTests
{
    private const string Python = "/usr/bin/python3";
    private const string NoClient =
        "The system's python3 cannot import huggingface_hub: install it, or set FISH_HF_HUB to a PYTHONPATH that has it";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 900_000)]
    public async Task Client_ThroughItsWholeScenario_FindsWhatWasSaved()
    {
        Assert.SkipUnless(File.Exists(Python) && (await RunAsync("-c", "import huggingface_hub")).Code == 0, NoClient);
        await using var open = await ApiServer.StartAsync();
        await using var keyed = await ApiServer.StartAsync();
        await using var store = await SqliteCheckpointStore.OpenAsync(new StoreOptions { DataFolder = keyed.DataFolder }, Stop);
        var root = await store.Access.AddKeyAsync(new KeySpec("root", KeyScope.Admin), Stop);

        var (code, output) = await RunAsync(
            Path.Combine(Repository(), "tests", "python", "hub_client.py"), "--url", $"{open.Address}".TrimEnd('/'), "--keyed",
            $"{keyed.Address}".TrimEnd('/'), "--key", root.Token);

        TestContext.Current.TestOutputHelper?.WriteLine(output);
        Assert.True(code == 0, output);
        Assert.Contains("all passed", output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Python, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        if (Environment.GetEnvironmentVariable("FISH_HF_HUB") is { Length: > 0 } path)
        {
            start.Environment["PYTHONPATH"] = path;
        }

        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(Stop), process.StandardError.ReadToEndAsync(Stop));
        try
        {
            await process.WaitForExitAsync(Stop);
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, await output + await errors);
    }

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "FishCheckpoint.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return folder;
    }
}
