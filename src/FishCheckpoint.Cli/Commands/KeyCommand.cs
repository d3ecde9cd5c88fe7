using System.CommandLine;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt key</c>: the keys of a server.</summary>
internal static class KeyCommand
{
    public static Command Create(Shell shell) =>
        new("key", "Create, list and revoke the keys of a server. Create the first key on the data folder, where no key is needed.")
    {
        KeyAddCommand.Create(shell),
        KeyListCommand.Create(shell),
        KeyRevokeCommand.Create(shell),
    };
}
