using System.CommandLine;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt task</c>: the tasks of a store.</summary>
internal static class TaskCommand
{
    public static Command Create(Shell shell) =>
        new("task", "Add, change and list tasks, and set their quotas. A task is a named sequence of checkpoints on one base.")
    {
        TaskAddCommand.Create(shell),
        TaskSetCommand.Create(shell),
        TaskListCommand.Create(shell, "ls"),
        TaskQuotaCommand.Create(shell),
    };
}
