using FishCheckpoint.Durability.Children;
using FishCheckpoint.Storage.Tests.Chains;
using Xunit.Runner.InProc.SystemConsole;

namespace FishCheckpoint.Storage.Tests;

/// <summary>Runs the tests, or is the writer that <see cref="KillTests"/> kills, or what others kill or let fail.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        if (Environment.GetEnvironmentVariable(KillTests.WriterFolder) is { } folder)
        {
            await KillTests.WriteAsync(folder, long.Parse(args[0]));
        }

        if (Environment.GetEnvironmentVariable(RecodeKillTests.RecoderFolder) is { } recoded)
        {
            await RecodeKillTests.RecodeAsync(recoded);
            return 0;
        }

        if (Environment.GetEnvironmentVariable(FoldKillTests.FolderFolder) is { } folded)
        {
            await FoldKillTests.FoldAsync(folded);
            return 0;
        }

        if (Environment.GetEnvironmentVariable(TrainingKillTests.TrainerFolder) is { } trained)
        {
            await TrainingKillTests.TrainAsync(trained);
            return 0;
        }

        if (Environment.GetEnvironmentVariable(ChildProgram.Role) is not null)
        {
            return await ChildProgram.RunAsync(args);
        }

        OwnRun.Prepare();
        return await ConsoleRunner.Run(args);
    }
}
