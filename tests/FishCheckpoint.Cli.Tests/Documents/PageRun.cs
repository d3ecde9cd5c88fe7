using System.Diagnostics;
using System.Text.RegularExpressions;
using FishCheckpoint.Cli.Tests.Processes;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Documents;

/// <summary>Runs the blocks of a page with the real program, in a folder of its own.</summary>
internal sealed partial class PageRun : IAsyncDisposable
{
    // Exported variables go from one block to the next.
    private const string Begin = "set -euo pipefail; [ ! -f \"$PAGE_VARIABLES\" ] || . \"$PAGE_VARIABLES\"; set -a\n"
        + "trap 'export -p > \"$PAGE_VARIABLES\"' EXIT\n";

    private const string RunPython = "[ ! -f \"$PAGE_VARIABLES\" ] || . \"$PAGE_VARIABLES\"; exec python \"$0\"";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string top = Directory.CreateTempSubdirectory("fish-page-").FullName;
    private readonly List<Process> running = [];
    private readonly Dictionary<string, string> variables;
    private string address = "127.0.0.1:0";
    private string pythonStart = string.Empty;

    public PageRun(string? python)
    {
        var programs = Directory.CreateDirectory(Path.Combine(top, "programs")).FullName;
        Script(Path.Combine(programs, "fishckpt"), $"exec '{RealProgram.Fish}' \"$@\"");
        if (python is not null)
        {
            Script(Path.Combine(programs, "python"), $"exec '{python}' \"$@\"");
            Script(Path.Combine(programs, "python3"), $"exec '{python}' \"$@\"");
        }

        variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = $"{programs}:{Environment.GetEnvironmentVariable("PATH")}",
            ["HOME"] = top,
            ["PAGE_VARIABLES"] = Path.Combine(top, "variables"),
            ["FISH_PROGRAM"] = Path.Combine(programs, "fishckpt"),
            ["PYTHONPATH"] = Path.Combine(PageBlock.Root, "src", "python"),
            ["PYTHONDONTWRITEBYTECODE"] = "1",
            ["OMP_WAIT_POLICY"] = "PASSIVE",
            ["Urls"] = "http://127.0.0.1:0",
        };
        Folder = Directory.CreateDirectory(Path.Combine(top, "page")).FullName;
        var (model, first) = (TestModel.Create(), TestModel.Create().Change(1));
        var second = first.Change(2, 0.001);
        File.WriteAllBytes(Path.Combine(Folder, "model.safetensors"), model.ToBytes());
        File.WriteAllBytes(Path.Combine(Folder, "step100.safetensors"), first.ToBytes());
        File.WriteAllBytes(Path.Combine(Folder, "step200.safetensors"), second.ToBytes());
        File.WriteAllBytes(Path.Combine(Folder, "patch.safetensors"), second.PatchAgainst(first));
    }

    /// <summary>The folder in which the blocks run.</summary>
    public string Folder { get; }

    /// <summary>Runs a block, and gives what it printed.</summary>
    public async Task<string> RunAsync(PageBlock block)
    {
        if (block.Argument("save as ") is { } name)
        {
            await File.WriteAllTextAsync(Path.Combine(Folder, name), block.Text);
            return string.Empty;
        }

        if (block is { Language: "python", IsHidden: true })
        {
            pythonStart += block.Text;
            return string.Empty;
        }

        var program = Path.Combine(top, block.Language == "python" ? "block.py" : "block.sh");
        var text = block.Text.Replace("127.0.0.1:5080", address, StringComparison.Ordinal);
        await File.WriteAllTextAsync(program, (block.Language == "python" ? pythonStart : Begin) + text);
        var expected = block.Argument("fails with ") is { } code ? int.Parse(code, System.Globalization.CultureInfo.InvariantCulture) : 0;
        if (block.Argument("background until ") is { } until)
        {
            return await StartAsync(program, until);
        }

        string[] arguments = block.Language == "python" ? ["-c", RunPython, program] : [program];
        var ran = await RealProgram.RunAsync("bash", arguments, variables, Folder, Patience);
        Assert.True(ran.Exit == expected, $"line {block.Line}: exit code {ran.Exit}\n{text}\n{ran.Output}{ran.Error}");
        return ran.Output + ran.Error;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in running)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }

        Directory.Delete(top, recursive: true);
    }

    private async Task<string> StartAsync(string program, string until)
    {
        var start = new ProcessStartInfo("bash", ["-c", "exec bash \"$0\" 2>&1", program])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false, WorkingDirectory = Folder,
        };
        foreach (var (key, value) in variables)
        {
            start.Environment[key] = value;
        }

        var process = Process.Start(start)!;
        process.StandardInput.Close();
        running.Add(process);
        var said = string.Empty;
        while (!said.Contains(until, StringComparison.Ordinal))
        {
            var line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            Assert.True(line is not null, $"It ended before it printed '{until}':\n{said}");
            said += line + "\n";
            address = Address().Match(line) is { Success: true } found ? found.Groups[1].Value : address;
        }

        _ = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null);
        return said;
    }

    private static void Script(string path, string line)
    {
        File.WriteAllText(path, $"#!/bin/sh\n{line}\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [GeneratedRegex(@"^Serving .* on https?://([^\s/]+?)\.? ")]
    private static partial Regex Address();
}
