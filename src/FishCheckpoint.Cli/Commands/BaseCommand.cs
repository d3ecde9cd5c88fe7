using System.CommandLine;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt base</c>: the pretrained models that tasks share.</summary>
internal static class BaseCommand
{
    public static Command Create(Shell shell) => new("base", "Add, list and remove bases: the pretrained models that tasks share.")
    {
        BaseAddCommand.Create(shell),
        BaseListCommand.Create(shell),
        BaseRemoveCommand.Create(shell),
    };
}
