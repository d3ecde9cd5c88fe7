using System.CommandLine;

namespace FishCheckpoint.Cli.Hosting.Help;

/// <summary>The groups that the help lists the commands in.</summary>
internal static class CommandGroups
{
    private static readonly (string Title, string[] Names)[] Groups =
    [
        ("Data", ["base", "save", "load", "show", "diff", "tag", "pin", "rm", "undelete"]),
        ("Tasks", ["task", "ls", "report"]),
        ("Operate", ["serve", "ready", "doctor", "verify", "gc", "recode", "fold", "backup", "restore", "repair", "key", "audit"]),
        ("Exchange", ["pull", "watch", "import", "export"]),
        ("Try and learn", ["demo", "bench", "completion", "help", "version"]),
    ];

    /// <summary>The commands of the root by their groups, in the order in which the help lists them.</summary>
    /// <param name="root">All commands.</param>
    public static IEnumerable<(string Title, IReadOnlyList<Command> Commands)> Of(RootCommand root) =>
        Groups.Select(group => (
            group.Title,
            (IReadOnlyList<Command>)[.. group.Names.Select(name => root.Subcommands.Single(command => command.Name == name))]));
}
