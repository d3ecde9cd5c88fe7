using System.CommandLine;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt version</c>.</summary>
internal static class VersionCommand
{
    public static Command Create(Shell shell)
    {
        var command = new Command("version", "Show the version of this program.");
        command.SetAction(parsed =>
        {
            Call.Print(
                shell.Terminal, parsed.GetValue(shell.Json), new ProgramVersion(ProgramInfo.Version),
                found => shell.Terminal.Output.WriteLine(found.Version));
            return ExitCodes.Ok;
        });
        return command;
    }

    private sealed record ProgramVersion(string Version);
}
