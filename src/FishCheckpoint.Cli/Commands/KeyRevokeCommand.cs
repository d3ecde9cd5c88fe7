using System.CommandLine;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt key revoke</c>.</summary>
internal static class KeyRevokeCommand
{
    public static Command Create(Shell shell)
    {
        var name = new Argument<string>("KEY") { Description = "The name or id of the key." };
        var command = new Command("revoke", "Revoke a key. The server refuses the next request with it.") { name };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var revoked = await call.Store.Access.RevokeKeyAsync(call.Parsed.GetRequiredValue(name), cancellation);
            call.Print(revoked, key => call.Say($"Revoked key [bold]{key.Name}[/] ({key.Id})"));
        });
        return command;
    }
}
