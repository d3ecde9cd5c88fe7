using System.CommandLine;
using System.Text;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Hosting.Help;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Contract;
using Xunit;

namespace FishCheckpoint.Cli.Tests.Reference;

/// <summary>docs/reference/cli.md describes every command as its help does.</summary>
public sealed class CliPageTests
{
    [Fact]
    public void Page_DescribesEveryCommand()
    {
        var root = FishCommandLine.Create(new Shell(Terminal.Of(TextWriter.Null, TextWriter.Null), new FishSettings()));
        var page = new StringBuilder();
        Options(page, root);
        ExitCodesTable(page);
        foreach (var (title, commands) in CommandGroups.Of(root))
        {
            page.Append($"## {title}\n\n");
            foreach (var command in commands)
            {
                Describe(page, command, command.Name);
            }
        }

        GeneratedPage.Check("cli.md", page.ToString());
    }

    private static void Options(StringBuilder page, RootCommand root)
    {
        page.Append("## Options of every command\n\n");
        Table(page, "option", new CommandDescription(root, string.Empty).Options);
    }

    private static void ExitCodesTable(StringBuilder page)
    {
        page.Append("## Exit codes\n\n| code | meaning |\n|---|---|\n");
        foreach (var (code, meaning) in ExitCodes.All)
        {
            page.Append($"{GeneratedPage.Row($"{code}", meaning)}\n");
        }

        page.Append('\n');
    }

    private static void Describe(StringBuilder page, Command command, string path)
    {
        var described = new CommandDescription(command, path);
        page.Append($"### {described.Name}\n\n{command.Description}\n\n");
        if (command.Subcommands.Count > 0)
        {
            foreach (var child in command.Subcommands.Where(child => !child.Hidden))
            {
                Describe(page, child, $"{path} {child.Name}");
            }

            return;
        }

        page.Append($"```\n{described.Usage}\n```\n\n");
        Table(page, "argument", described.Arguments);
        Table(page, "option", described.Options);
        if (Examples.Of(path) is { Count: > 0 } examples)
        {
            page.Append($"```sh\n{string.Join('\n', examples)}\n```\n\n");
        }
    }

    private static void Table(StringBuilder page, string head, IReadOnlyList<(string Left, string Right)> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        page.Append($"| {head} | meaning |\n|---|---|\n");
        foreach (var (left, right) in rows)
        {
            page.Append($"{GeneratedPage.Row($"`{left}`", right.Replace("*", "\\*", StringComparison.Ordinal))}\n");
        }

        page.Append('\n');
    }
}
