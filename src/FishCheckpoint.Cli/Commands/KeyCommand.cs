using System.CommandLine;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish key</c>: who may use a server.</summary>
internal static class KeyCommand
{
    public static Command Create(Shell shell) =>
        new("key", "Make, list and revoke the keys of a server. On a data folder this needs no key: so the first one is made.")
    {
        KeyAddCommand.Create(shell),
        KeyListCommand.Create(shell),
        KeyRevokeCommand.Create(shell),
    };
}
