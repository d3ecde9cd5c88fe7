using System.CommandLine;
using FishCheckpoint.Access;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish key add</c>.</summary>
internal static class KeyAddCommand
{
    public static Command Create(Shell shell)
    {
        var name = new Argument<string>("NAME") { Description = "Its name." };
        var scope = new Option<string>("--scope")
        {
            Description = "How far it reaches: read, write or admin.", HelpName = "SCOPE", Required = true,
        };
        scope.AcceptOnlyFromAmong("read", "write", "admin");
        var tasks = new Option<string[]>("--task")
        {
            Description = "A task that it is limited to, or the beginning of names, as in team-*. May be repeated. Default: all.",
            HelpName = "TASK",
        };
        var expires = new Option<string?>("--expires")
        {
            Description = "How long it is taken, as in 30d. Default: until it is revoked.", HelpName = "SPAN",
        };
        var quota = new Option<string?>("--quota")
        {
            Description = "The most that its checkpoints and bases store, as in 10GB. Default: no limit.", HelpName = "BYTES",
        };
        var command = new Command("add", "Make a key. Its token is shown now and never again.") { name, scope, tasks, expires, quota };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var spec = new KeySpec(
                call.Parsed.GetRequiredValue(name), Enum.Parse<KeyScope>(call.Parsed.GetRequiredValue(scope), ignoreCase: true),
                call.Parsed.GetValue(tasks) is { Length: > 0 } limits ? limits : null,
                call.Parsed.GetValue(expires) is { } span ? TimeProvider.System.GetUtcNow() + Amounts.Span(span) : null,
                call.Parsed.GetValue(quota) is { } bytes ? Amounts.Bytes(bytes) : null);
            var added = await call.Store.Access.AddKeyAsync(spec, cancellation);
            call.Print(added, key =>
            {
                call.Terminal.Error.WriteLine("Keep this token: it is not stored and cannot be shown again.");
                call.Terminal.Output.WriteLine(key.Token);
            });
        }, creates: true);
        return command;
    }
}
