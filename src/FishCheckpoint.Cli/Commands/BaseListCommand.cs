using System.CommandLine;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt base ls</c>.</summary>
internal static class BaseListCommand
{
    public static Command Create(Shell shell)
    {
        var command = new Command("ls", "List the bases.");
        shell.OnStore(command, async (call, cancellation) =>
        {
            var bases = await call.Store.Bases.ListAsync(cancellationToken: cancellation).ToListAsync(cancellation);
            call.PrintList(bases, "bases", items =>
            {
                var table = Tables.Create("base", "?=id", "?>tensors", ">elements", ">bytes", "?>files", "?=added");
                foreach (var item in items)
                {
                    table.Row(
                        item.Name, Say.Short(item.Id), Say.Count(item.Tensors), Say.Count(item.Elements), Say.Bytes(item.Bytes),
                        Say.Count(item.Files.Count),
                        Say.Time(item.Created));
                }

                call.Terminal.Console.Write(table);
            });
        });
        return command;
    }
}
