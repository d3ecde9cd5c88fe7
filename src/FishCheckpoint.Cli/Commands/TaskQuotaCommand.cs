using System.CommandLine;
using FishCheckpoint.Access;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt task quota</c>.</summary>
internal static class TaskQuotaCommand
{
    private const string None = "none";

    public static Command Create(Shell shell)
    {
        var task = Arguments.Task();
        var bytes = new Argument<string>("BYTES")
        {
            Description = $"The most bytes that its checkpoints may use, as in 10GB; {None}: no limit.",
        };
        var command = new Command("quota", "Limit the bytes that a task may store. Stored checkpoints stay.") { task, bytes };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var given = call.Parsed.GetRequiredValue(bytes);
            var quota = new TaskQuota(given == None ? null : Amounts.Bytes(given));
            var changed = await call.Store.Access.SetQuotaAsync(call.Parsed.GetRequiredValue(task), quota, cancellation);
            call.Print(changed, info =>
                call.Say($"[bold]{info.Name}[/] {(info.QuotaBytes is { } most ? $"may store {Say.Bytes(most)}" : "has no quota")}"));
        });
        return command;
    }
}
