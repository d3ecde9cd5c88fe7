using System.CommandLine;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt completion</c>: scripts that let a shell complete command lines of this program.</summary>
internal static class CompletionCommand
{
    public static Command Create(Shell shell)
    {
        var name = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        name.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command(
            "completion", "Print the completion script of a shell. docs/reference/cli.md shows where to put it.") { name };
        command.SetAction(parsed =>
        {
            var chosen = parsed.GetRequiredValue(name);
            Call.Print(
                shell.Terminal, parsed.GetValue(shell.Json), new CompletionScript(chosen, Read($"completion.{chosen}")),
                made => shell.Terminal.Output.Write(made.Script));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static string Read(string resource)
    {
        using var reader = new StreamReader(typeof(CompletionCommand).Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }

    private sealed record CompletionScript(string Shell, string Script);
}
