using System.Diagnostics;
using FishCheckpoint.Contract;

namespace FishCheckpoint.Storage.Tests;

/// <summary>This test program as another process, in a role that an environment variable gives it.</summary>
internal static class OwnProcess
{
    public static ProcessStartInfo Start(string role, string folder)
    {
        var (program, start) = (Environment.ProcessPath!, new ProcessStartInfo { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false });
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
