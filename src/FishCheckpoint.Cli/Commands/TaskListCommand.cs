using System.CommandLine;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt task ls</c>, and <c>fishckpt ls</c> without a task.</summary>
internal static class TaskListCommand
{
    public static Command Create(Shell shell, string name)
    {
        var command = new Command(name, "List the tasks.");
        shell.OnStore(command, PrintAsync);
        return command;
    }

    public static async Task PrintAsync(Call call, CancellationToken cancellation)
    {
        var tasks = await call.Store.Tasks.ListAsync(cancellationToken: cancellation).ToListAsync(cancellation);
        call.PrintList(tasks, "tasks", items =>
        {
            var table = Tables.Create("task", "base", ">checkpoints", ">latest", "?own tensors", "?description", "?=added");
            foreach (var item in items)
            {
                table.Row(
                    item.Name, item.Base, Say.Count(item.Checkpoints), item.Latest is { } latest ? $"{latest}" : "-",
                    string.Join(' ', item.Tensors.Select(tensor => tensor.Value is null ? $"-{tensor.Key}" : tensor.Key)),
                    item.Description ?? string.Empty,
                    Say.Time(item.Created));
            }

            call.Terminal.Console.Write(table);
        });
    }
}
