using System.Diagnostics;

namespace FishCheckpoint.Storage.Tests;

/// <summary>This test program as another process, in a role that an environment variable gives it.</summary>
internal static class OwnProcess
{
    public static ProcessStartInfo Start(string role, string folder)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(OwnProcess).Assembly.Location);
        }

        start.Environment[role] = folder;

        // A killed runtime cannot remove its diagnostic pipes.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return start;
    }
}
