using System.Diagnostics;
using FishCheckpoint.Storage.Sqlite;
using Xunit;

namespace FishCheckpoint.Storage.Tests;

/// <summary>
/// A run of the fast tests in a process of its own, in which every transaction that writes runs its work twice, and all texts of SQL that
/// stores send are written down.
/// </summary>
internal static class OwnRun
{
    private const string Texts = "FISH_TEST_SQL_TEXTS";

    private static readonly Lazy<Task<OwnRunResult>> Run = new(RunAsync);

    /// <summary>What came of it. It runs once.</summary>
    public static Task<OwnRunResult> Result => Run.Value;

    /// <summary>Disturbs and watches the stores of this process, if it is such a run.</summary>
    public static void Prepare()
    {
        if (Environment.GetEnvironmentVariable(Texts) is not { } path)
        {
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        Database.WorksTwice = true;
        Database.DefaultTrace = (_, sql) =>
        {
            lock (seen)
            {
                if (seen.Add(sql))
                {
                    File.AppendAllText(path, sql + '\0');
                }
            }
        };
    }

    private static async Task<OwnRunResult> RunAsync()
    {
        var path = Path.GetTempFileName();
        try
        {
            // Those that count statements would count the first run's too.
            var start = OwnProcess.Start(Texts, path);
            foreach (var argument in new[]
            {
                "-noColor", "-trait-", "Category=Slow", "-trait-", "Category=Nightly", "-class-", typeof(StatementTests).FullName!,
            })
            {
                start.ArgumentList.Add(argument);
            }

            using var process = Process.Start(start)!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            return new OwnRunResult(
                process.ExitCode, await output + await errors,
                (await File.ReadAllTextAsync(path)).Split('\0', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            File.Delete(path);
        }
    }
}

/// <summary>What came of a run of tests.</summary>
/// <param name="ExitCode">0: all have passed.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Texts">The texts of SQL that it sent to stores, each once.</param>
internal sealed record OwnRunResult(int ExitCode, string Output, IReadOnlyList<string> Texts);

/// <summary>This test program as another process, in a role that an environment variable gives it.</summary>
internal static class OwnProcess
{
    public static ProcessStartInfo Start(string role, string folder)
    {
        var (program, start) = (Environment.ProcessPath!,
            new ProcessStartInfo { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false });
        start.FileName = program;
        if (OperatingSystem.IsLinux())
        {
            // A suite that runs in the background may have inherited that SIGINT is ignored.
            start.FileName = "env";
            start.ArgumentList.Add("--default-signal");
            start.ArgumentList.Add(program);
        }

        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            start.ArgumentList.Add(typeof(OwnProcess).Assembly.Location);
        }

        start.Environment[role] = folder;

        // A killed runtime cannot remove its diagnostic pipes.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return start;
    }
}

/// <summary>
/// The work of a write transaction has no effect but through its connection: where all of it is taken back and run again, every test
/// passes.
/// </summary>
[Trait("Category", "Slow")]
public sealed class WritesTwiceTests
{
    [Fact]
    public async Task FastTests_WhereEveryWriteRunsTwice_Pass()
    {
        var run = await OwnRun.Result;
        Assert.True(run.ExitCode == 0, run.Output);
        Assert.Contains("SAVEPOINT rehearsal", run.Texts);
    }
}
