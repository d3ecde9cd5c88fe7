using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace FishCheckpoint.Cli.Completion;

/// <summary>
/// Answers the completion scripts: <c>fishckpt [suggest:POSITION] LINE</c> prints one candidate per line, with its description after a
/// tab. Never fails and never writes to standard error.
/// </summary>
internal sealed class SuggestAction(SuggestDirective directive, StoreNames names) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var line = parseResult.Tokens.LastOrDefault(token => token.Type != TokenType.Directive)?.Value ?? string.Empty;
        var position = int.TryParse(parseResult.GetResult(directive)?.Values is [var first, ..] ? first : null, out var given)
            ? Math.Clamp(given, 0, line.Length) : line.Length;
        if (CommandWords.Split(line[..position]) is not [_, .. var before, var word])
        {
            return 0;
        }

        foreach (var (text, about) in new Candidates(names).Of(parseResult.RootCommandResult.Command, before, word))
        {
            parseResult.InvocationConfiguration.Output.WriteLine(string.IsNullOrEmpty(about) ? text : $"{text}\t{Short(about)}");
        }

        return 0;
    }

    private static string Short(string about) => about.Split(". ", 2)[0].TrimEnd('.').Replace('\t', ' ').ReplaceLineEndings(" ");
}
