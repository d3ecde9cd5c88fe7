namespace FishCheckpoint.Cli.Hosting.Suggestions;

/// <summary>The words of other programs for the commands of this one.</summary>
internal static class OtherWords
{
    private static readonly Dictionary<string, string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["list"] = "ls", ["dir"] = "ls", ["delete"] = "rm", ["remove"] = "rm", ["del"] = "rm", ["unlink"] = "rm", ["push"] = "save",
        ["put"] = "save", ["upload"] = "save",
        ["store"] = "save", ["get"] = "load", ["download"] = "load", ["checkout"] = "load", ["read"] = "load", ["check"] = "verify",
        ["fsck"] = "verify",
        ["scrub"] = "verify", ["prune"] = "gc", ["collect"] = "gc", ["clean"] = "gc", ["forget"] = "gc", ["status"] = "report",
        ["stats"] = "report", ["du"] = "report",
        ["info"] = "show", ["inspect"] = "show", ["compare"] = "diff", ["copy"] = "backup", ["fix"] = "repair", ["recover"] = "repair",
        ["log"] = "audit",
        ["server"] = "serve", ["start"] = "serve", ["run"] = "serve", ["create"] = "add", ["new"] = "add", ["make"] = "add",
        ["health"] = "doctor",
        ["diagnose"] = "doctor", ["completions"] = "completion", ["token"] = "key", ["keys"] = "key", ["tasks"] = "task",
        ["bases"] = "base", ["models"] = "base",
        ["squash"] = "fold", ["compact"] = "gc", ["benchmark"] = "bench",
    };

    /// <summary>The command that a word means, if it is one of <paramref name="commands"/>.</summary>
    public static string? Of(string word, IEnumerable<string> commands) =>
        Known.TryGetValue(word, out var command) && commands.Contains(command) ? command : null;
}
