using System.CommandLine;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt base rm</c>.</summary>
internal static class BaseRemoveCommand
{
    public static Command Create(Shell shell)
    {
        var name = new Argument<string>("BASE") { Description = "The name to remove." };
        var confirmation = new Confirmation();
        var command = new Command(
            "rm", "Remove a name of a base. Removing its last name deletes the base, which cannot be undone. Refused while tasks use it.")
        {
            name, confirmation.Yes,
        };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var given = call.Parsed.GetRequiredValue(name);
            var info = await call.Store.Bases.GetAsync(given, cancellation);
            confirmation.Ask(call, $"Remove base {given} ({Say.Bytes(info.Bytes)})", forGood: true);
            var removed = await call.Store.Bases.DeleteAsync(given, cancellation);
            call.Print(removed, done => call.Say(done.Deleted
                ? (FormattableString)$"Removed base [bold]{done.Name}[/]: {Say.Bytes(done.FreedBytes)} freed"
                : $"Removed the name [bold]{done.Name}[/]; the base is still named {string.Join(", ", done.Names)}"));
        });
        return command;
    }
}
