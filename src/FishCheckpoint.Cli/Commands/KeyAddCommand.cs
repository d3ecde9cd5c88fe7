using System.CommandLine;
using FishCheckpoint.Access;
using FishCheckpoint.Cli.Hosting;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt key add</c>.</summary>
internal static class KeyAddCommand
{
    public static Command Create(Shell shell)
    {
        var name = new Argument<string>("NAME") { Description = "The name of the key." };
        var scope = new Option<string>("--scope")
        {
            Description = "What the key allows: read, write or admin.", HelpName = "SCOPE", Required = true,
        };
        scope.AcceptOnlyFromAmong("read", "write", "admin");
        var tasks = new Option<string[]>("--task")
        {
            Description = "A task that the key is limited to, or a prefix of names, as in team-*. May be repeated. Default: all tasks.",
            HelpName = "TASK",
        };
        var expires = new Option<string?>("--expires")
        {
            Description = "How long the key is valid, as in 30d. Default: until it is revoked.", HelpName = "SPAN",
        };
        var quota = new Option<string?>("--quota")
        {
            Description = "The most bytes that checkpoints and bases saved with the key may use, as in 10GB. Default: no limit.",
            HelpName = "BYTES",
        };
        var command = new Command("add", "Create a key. Its token is shown only once.") { name, scope, tasks, expires, quota };
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
                call.Terminal.Error.WriteLine("Save this token now: it is not stored and cannot be shown again.");
                call.Terminal.Output.WriteLine(key.Token);
            });
        }, creates: true);
        return command;
    }
}
