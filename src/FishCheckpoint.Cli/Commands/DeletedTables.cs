using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt ls --deleted</c>: the deleted checkpoints and tasks that can be undeleted.</summary>
internal static class DeletedTables
{
    public static async Task PrintTasksAsync(Call call, CancellationToken cancellation)
    {
        var tasks = await call.Store.Tasks.ListDeletedAsync(cancellationToken: cancellation).ToListAsync(cancellation);
        call.Print(tasks, items =>
        {
            var table = Tables.Create("task", "deleted", ">checkpoints", ">stored", "?base", "?=when", "=until");
            items.ForEach(item => table.Row(
                item.Name, item.Whole ? "the task" : "checkpoints", Say.Count(item.Checkpoints), Say.Bytes(item.Bytes), item.Base,
                Say.Time(item.Deleted),
                Say.Time(item.Expires)));
            call.Terminal.Console.Write(table);
        });
    }

    public static async Task PrintAsync(Call call, string task, CancellationToken cancellation)
    {
        var checkpoints = await call.Store.Checkpoints.ListDeletedAsync(task, cancellationToken: cancellation).ToListAsync(cancellation);
        call.Print(checkpoints, items =>
        {
            var table = Tables.Create(">step", ">stored", "metrics", "tags", "?with task", "?=saved", "?=deleted", "=until");
            items.ForEach(item => table.Row(
                $"{item.Step}", Say.Bytes(item.StoredBytes), Say.Metrics(item.Metrics), string.Join(' ', item.Tags),
                item.WithTask ? "yes" : "no",
                Say.Time(item.Created), Say.Time(item.Deleted), Say.Time(item.Expires)));
            call.Terminal.Console.Write(table);
        });
    }
}
