using System.Diagnostics;
using System.Reflection;

namespace FishCheckpoint.Durability.Children;

/// <summary>A child process as its parent sees it: the lines that it has said, and how it ended.</summary>
public sealed class Child : IDisposable
{
    // Long enough for a busy machine; whatever takes longer hangs.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly Process process;
    private readonly Task<string> errors;

    private Child(Process process)
    {
        this.process = process;
        errors = process.StandardError.ReadToEndAsync();
    }

    public int ExitCode => process.ExitCode;

    /// <summary>Starts this program again, as a child.</summary>
    public static Child Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(Assembly.GetEntryAssembly()!.Location);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[ChildProgram.Role] = "1";

        // A killed runtime cannot remove its diagnostic pipes. Short runs gain nothing from compiling twice.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[name] = value;
        }

        return new Child(Process.Start(start)!);
    }

    /// <summary>The next line; <see langword="null"/> at the end.</summary>
    /// <exception cref="TimeoutException">It hangs.</exception>
    public async Task<string?> ReadLineAsync()
    {
        try
        {
            return await process.StandardOutput.ReadLineAsync().WaitAsync(Longest);
        }
        catch (TimeoutException)
        {
            Kill();
            throw;
        }
    }

    /// <summary>Kills it with SIGKILL.</summary>
    public void Kill() => process.Kill();

    /// <summary>Waits for the end, and gives what it said on its error stream.</summary>
    public async Task<string> EndAsync()
    {
        await process.WaitForExitAsync();
        return await errors;
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }
}
