using System.Text.RegularExpressions;

namespace FishCheckpoint.Cli.Tests.Documents;

/// <summary>A fenced block of a page of the documentation, or a hidden one in a comment.</summary>
/// <param name="Line">The line of its fence or comment, from 1.</param>
/// <param name="Language">The fence's language.</param>
/// <param name="Text">What is between the fences.</param>
/// <param name="Directive">
/// What the HTML comment right before the fence asks of the tests, as in <c>&lt;!-- test: skip: needs Docker --&gt;</c>.
/// </param>
/// <param name="IsHidden">Whether it is in a comment, where a reader does not see it.</param>
/// <remarks>
/// The blocks of a page run in their order, in one folder that has <c>model.safetensors</c>, <c>step100.safetensors</c>,
/// <c>step200.safetensors</c> and the patch between them, <c>patch.safetensors</c>. Directives:
/// <list type="bullet">
/// <item><c>skip: REASON</c>: the block is not run, and listed with the reason.</item>
/// <item><c>background until TEXT</c>: the block keeps running; the next one begins when it has printed the text.</item>
/// <item><c>fails with CODE</c>: the last command of the block exits with this code.</item>
/// <item><c>save as NAME</c>: the block becomes a file.</item>
/// <item><c>compiled in PATH</c>: the lines of a C# block are in this file, which a project compiles.</item>
/// <item>
/// <c>sh</c>, <c>python</c> or <c>background until TEXT</c>, then lines up to the end of the comment: a hidden block. Hidden Python
/// runs before each later Python block.
/// </item>
/// </list>
/// </remarks>
internal sealed partial record PageBlock(int Line, string Language, string Text, string Directive, bool IsHidden)
{
    /// <summary>The reason why the tests do not run the block; null if they do.</summary>
    public string? SkipReason => Argument("skip: ");

    /// <summary>What follows a directive's name; null if the block has another directive.</summary>
    public string? Argument(string name) => Directive.StartsWith(name, StringComparison.Ordinal) ? Directive[name.Length..].Trim() : null;

    /// <summary>The blocks of a page, hidden ones included.</summary>
    public static List<PageBlock> Read(string page)
    {
        var text = File.ReadAllText(Path.Combine(Root, page)).ReplaceLineEndings("\n");
        var blocks = new List<PageBlock>();
        foreach (Match match in Block().Matches(text))
        {
            var line = text.AsSpan(0, match.Index).Count('\n') + 1;
            var directive = match.Groups["directive"].Value;
            if (match.Groups["hidden"].Success)
            {
                var language = directive == "python" ? directive : "sh";
                blocks.Add(new PageBlock(line, language, match.Groups["hidden"].Value + "\n", directive, IsHidden: true));
                continue;
            }

            var shown = Outdent(match.Groups["text"].Value, match.Groups["indent"].Value);
            blocks.Add(new PageBlock(line, match.Groups["language"].Value, shown, directive, IsHidden: false));
        }

        return blocks;
    }

    /// <summary>The top of the source tree that the tests were built from.</summary>
    public static string Root { get; } = FindRoot();

    private static string Outdent(string text, string indent) =>
        string.Concat(text.Split('\n').Select(line => line.StartsWith(indent, StringComparison.Ordinal) ? line[indent.Length..] : line)
            .Select(line => line + "\n"))[..^1];

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "FishCheckpoint.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return folder;
    }

    [GeneratedRegex(
        @"^<!-- test: (?<directive>[^\n]+)(?<! -->)\n(?<hidden>.*?)\n-->$"
            + @"|^(?:(?<indent> *)<!-- test: (?<directive>[^\n]+?) -->\n)?(?<indent> *)```(?<language>\w*)\n(?<text>.*?)^ *```$",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
