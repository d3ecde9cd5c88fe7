using System.Collections.Concurrent;
using System.Diagnostics;

namespace FishCheckpoint.Durability.Following;

/// <summary>The real <c>fishckpt</c> in a process of its own.</summary>
internal sealed class FishProcess : IDisposable
{
    private readonly Process process;
    private readonly ConcurrentQueue<string> output = new();
    private readonly ConcurrentQueue<string> errors = new();

    private FishProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Add(output, line.Data);
        process.ErrorDataReceived += (_, line) => Add(errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>What it has said so far, a line each.</summary>
    public IReadOnlyCollection<string> Output => output;

    /// <summary>What it has said on its error stream.</summary>
    public IReadOnlyCollection<string> Errors => errors;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    /// <summary>Starts it.</summary>
    /// <param name="fish">Its path.</param>
    /// <param name="arguments">What it is to do.</param>
    public static FishProcess Start(string fish, params string[] arguments)
    {
        var start = new ProcessStartInfo(fish, arguments)
        {
            UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true,
        };

        // A killed runtime cannot remove its diagnostic pipes.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return new FishProcess(Process.Start(start)!);
    }

    /// <summary>Kills it with SIGKILL, and waits until it is gone.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await WaitAsync();
    }

    /// <summary>Asks it to end, with SIGTERM, and waits.</summary>
    public async Task EndAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        await kill.WaitForExitAsync();
        await WaitAsync();
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    private Task WaitAsync() => process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(10));

    private static void Add(ConcurrentQueue<string> lines, string? line)
    {
        if (!string.IsNullOrEmpty(line))
        {
            lines.Enqueue(line);
        }
    }
}
