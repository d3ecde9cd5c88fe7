using System.CommandLine;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt ls</c>.</summary>
internal static class ListCommand
{
    public static Command Create(Shell shell)
    {
        var task = new Argument<string?>("TASK")
        {
            Description = "The task whose checkpoints to list. Default: list the tasks.", Arity = ArgumentArity.ZeroOrOne,
        };
        var deleted = new Option<bool>("--deleted")
        {
            Description = $"List deleted checkpoints and tasks that '{ProgramInfo.Name} undelete' can bring back.",
        };
        var command = new Command("ls", "List the tasks, or the checkpoints of one.") { task, deleted };
        shell.OnStore(command, (call, cancellation) => (call.Parsed.GetValue(task), call.Parsed.GetValue(deleted)) switch
        {
            ({ } name, true) => DeletedTables.PrintAsync(call, name, cancellation),
            (null, true) => DeletedTables.PrintTasksAsync(call, cancellation),
            ({ } name, false) => PrintAsync(call, name, cancellation),
            _ => TaskListCommand.PrintAsync(call, cancellation),
        });
        return command;
    }

    private static async Task PrintAsync(Call call, string task, CancellationToken cancellation)
    {
        var checkpoints = await call.Store.Checkpoints.ListAsync(task, cancellationToken: cancellation).ToListAsync(cancellation);
        call.PrintList(checkpoints, $"checkpoints of {task}", items =>
        {
            var table = Tables.Create(
                ">step", "?>parent", "?>depth", "?>changed", "?>model", ">stored", "?>trainer state", "metrics", "tags", "?=saved");
            foreach (var item in items)
            {
                table.Row(
                    $"{item.Step}", item.Parent, $"{item.Depth}", Say.Count(item.Changed), Say.Bytes(item.LogicalBytes),
                    Say.Bytes(item.StoredBytes - item.TrainerStateBytes), Say.Bytes(item.TrainerStateBytes),
                    Say.Metrics(item.Metrics), string.Join(' ', item.Tags), Say.Time(item.Created));
            }

            call.Terminal.Console.Write(table);
        });
    }
}
