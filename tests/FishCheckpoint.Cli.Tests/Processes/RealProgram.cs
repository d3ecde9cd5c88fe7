using System.Diagnostics;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Processes;

/// <summary>Runs programs, the real <c>fishckpt</c> among them, each within a bounded time.</summary>
internal static class RealProgram
{
    // The last three are Windows's.
    private static readonly string[] Needed =
        ["PATH", "HOME", "DOTNET_ROOT", "LANG", "LC_ALL", "TMPDIR", "DOTNET_CLI_HOME", "SYSTEMROOT", "TEMP", "USERPROFILE"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>The program that this project's commands are in.</summary>
    public static string Fish { get; } = Path.Combine(AppContext.BaseDirectory, "fishckpt");

    /// <summary>Whether a program is on the path, as Linux has it: that of macOS may take other options.</summary>
    public static bool Has(string name) =>
        OperatingSystem.IsLinux() && (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator)
        .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, name)));

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="variables">Environment variables, beside the few that a program needs.</param>
    /// <param name="folder">Where it is run.</param>
    /// <param name="limit">How long it may take; a minute if none is given.</param>
    public static async Task<Commands.Ran> RunAsync(
        string program, string[] arguments, Dictionary<string, string>? variables = null, string? folder = null, TimeSpan? limit = null)
    {
        var start = TestProcess.Describe(program, arguments);
        (start.RedirectStandardInput, start.WorkingDirectory) = (true, folder ?? Path.GetTempPath());
        foreach (var name in start.Environment.Keys.Except(Needed, StringComparer.OrdinalIgnoreCase).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["FISH_COMPLETION_SECONDS"] = "30";
        foreach (var (name, value) in variables ?? [])
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(limit ?? Patience);
        try
        {
            var (output, error) =
                (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
            await process.WaitForExitAsync(patience.Token);
            return new Commands.Ran(process.ExitCode, await output, await error);
        }
        catch
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Runs <c>fishckpt</c> in a terminal of a width, and gives what the terminal was sent.</summary>
    public static async Task<string> InTerminalAsync(int columns, string arguments, Dictionary<string, string>? variables = null)
    {
        var all = new Dictionary<string, string>(variables ?? [], StringComparer.Ordinal);
        all.TryAdd("TERM", "xterm-256color");
        return (await RunAsync("script", ["-qec", $"stty cols {columns}; exec {Fish} {arguments}", "/dev/null"], all)).Output;
    }
}
