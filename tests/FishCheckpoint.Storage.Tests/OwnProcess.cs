using System.Diagnostics;
using FishCheckpoint.Contract;

namespace FishCheckpoint.Storage.Tests;

/// <summary>This test program as another process, in a role that an environment variable gives it.</summary>
internal static class OwnProcess
{
    public static ProcessStartInfo Start(string role, string folder)
    {
        var own = Environment.ProcessPath!;
        var start = Path.GetFileNameWithoutExtension(own) == "dotnet"
            ? TestProcess.Describe(own, typeof(OwnProcess).Assembly.Location) : TestProcess.Describe(own);
        start.Environment[role] = folder;

        // A killed runtime cannot remove its diagnostic pipes.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return start;
    }
}
