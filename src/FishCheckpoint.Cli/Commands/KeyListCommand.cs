using System.CommandLine;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt key ls</c>.</summary>
internal static class KeyListCommand
{
    public static Command Create(Shell shell)
    {
        var command = new Command("ls", "List the keys, without their tokens.");
        shell.OnStore(command, async (call, cancellation) =>
        {
            var keys = await call.Store.Access.ListKeysAsync(cancellationToken: cancellation).ToListAsync(cancellation);
            call.PrintList(keys, "keys", items =>
            {
                var table = Tables.Create("key", "?=id", "=scope", "tasks", "?>stored", "?>quota", "?=created", "=expires", "=revoked");
                foreach (var key in items)
                {
                    table.Row(
                        key.Name, key.Id, $"{key.Scope}".ToLowerInvariant(), key.Tasks is null ? "all" : string.Join(' ', key.Tasks),
                        Say.Bytes(key.StoredBytes),
                        key.QuotaBytes is { } quota ? Say.Bytes(quota) : "-", Say.Time(key.Created), TimeOf(key.Expires),
                        TimeOf(key.Revoked));
                }

                call.Terminal.Console.Write(table);
            });
        });
        return command;
    }

    private static string TimeOf(DateTimeOffset? time) => time is { } known ? Say.Time(known) : "-";
}
