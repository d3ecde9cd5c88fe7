using System.CommandLine;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish task</c>: named lines of training.</summary>
internal static class TaskCommand
{
    public static Command Create(Shell shell) =>
        new("task", "Add, change and list tasks, and bound what they store: named lines of training, each on one base.")
    {
        TaskAddCommand.Create(shell),
        TaskSetCommand.Create(shell),
        TaskListCommand.Create(shell, "ls"),
        TaskQuotaCommand.Create(shell),
    };
}
