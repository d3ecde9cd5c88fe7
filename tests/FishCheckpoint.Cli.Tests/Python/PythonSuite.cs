using System.Diagnostics;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Python;

/// <summary>The PyTorch client's own tests (tests/python), against this build of the server.</summary>
public sealed class PythonSuite
{
    private const string NoTorch =
        "PyTorch is not installed: 'apt-get install python3-torch libopenblas0-pthread', then these run with the system's python3";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 1_200_000)]
    [Trait("Category", "Slow")]
    public Task Unittest_WithThisServer_Passes() => PassesAsync("test*.py");

    // It publishes the program first: minutes.
    [Fact(Timeout = 1_200_000)]
    [Trait("Category", "Nightly")]
    public Task Unittest_OfTheNewcomersPage_Passes() => PassesAsync("newcomer_page.py");

    private static async Task PassesAsync(string files)
    {
        var python = await FindAsync();
        Assert.SkipWhen(python is null, NoTorch);

        var (code, output) = await RunAsync(python!, "-m", "unittest", "discover", "-s", Path.Combine("tests", "python"), "-p", files);

        TestContext.Current.TestOutputHelper?.WriteLine(output);
        Assert.True(code == 0, output);
        Assert.Contains("Ran ", output, StringComparison.Ordinal);
    }

    // Another python3 may come first on the PATH and have no PyTorch.
    private static async Task<string?> FindAsync()
    {
        foreach (var python in new[] { "/usr/bin/python3", "python3" })
        {
            try
            {
                if ((await RunAsync(python, "-c", "import torch")).Code == 0)
                {
                    return python;
                }
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // There is none of this name.
            }
        }

        return null;
    }

    private static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        var start = TestProcess.Describe(program, arguments);
        start.WorkingDirectory = Repository();
        start.Environment["FISH_PROGRAM"] = Path.Combine(AppContext.BaseDirectory, "fishckpt.dll");
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
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
