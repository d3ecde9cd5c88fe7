using Xunit.Runner.InProc.SystemConsole;

namespace FishCheckpoint.TorchSharp.Tests;

/// <summary>Runs the tests, or is the trainer that <see cref="KillTests"/> kills.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (Environment.GetEnvironmentVariable(KillTests.TrainerFolder) is { } folder)
        {
            await KillRun.TrainAsync(folder, Console.WriteLine);
            return 0;
        }

        return await ConsoleRunner.Run(args);
    }
}
