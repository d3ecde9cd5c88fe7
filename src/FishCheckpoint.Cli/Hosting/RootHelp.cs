using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using FishCheckpoint.Cli.Hosting.Suggestions;

namespace FishCheckpoint.Cli.Hosting;

/// <summary>The help, with examples and exit codes below it: all of them at the root, its own at a command.</summary>
internal sealed class RootHelp(HelpAction help, int width) : SynchronousCommandLineAction
{
    private static readonly string[] Examples =
    [
        "fish demo                                           train, save, rebuild and compare, on real digits",
        "fish doctor                                         libraries, data folder, clock, disk; with --server the server",
        "fish completion bash > ~/.local/share/bash-completion/completions/fish   the TAB key knows commands, tasks, steps and tags then",
        "fish bench step100.safetensors step200.safetensors  what they would take, and how fast",
        "fish serve --data data --urls http://127.0.0.1:5080",
        "fish base add bert-base model.safetensors           a file, or a sharded folder",
        "fish task add sst2 --base bert-base",
        "fish save sst2 100 step100.safetensors --metric loss=0.31",
        "fish load sst2 latest restored.safetensors",
        "fish pull sst2 serving --follow                     keeps serving/current at the newest step, by deltas; --best: at the best",
        "fish watch out --task sst2                          saves the checkpoints that a trainer drops into out, as they come",
        "fish task ls",
        "fish show sst2 latest",
        "fish rm sst2 100",
        "fish tag sst2 release 100",
        "fish pin sst2 release",
        "fish gc --dry-run                                   what no retention keeps, and why; nothing is changed",
        "fish ls sst2 --json",
        "fish diff sst2 base 100 --out patch.safetensors",
        "fish export slime updates --task sst2 --from 100 --to latest  versions that other systems follow; fish import is the way back",
        "fish report --server http://127.0.0.1:5080",
        "fish verify                                         everything that is stored",
        "fish key add trainer --scope write --task sst2      shows the key once; FISH_KEY=... is what it is sent by",
        "fish verify --max-time 600                          as much of it as that takes; the next run goes on from there",
        "fish backup /mnt/backup                             while it is in use; fish restore is the way back",
        "fish repair --data data --to repaired               a new folder of what is sound and can be rebuilt",
        "fish recode --max-time 600                          what was saved fast, to fewer bytes",
        "fish fold --max-time 600                            chains that cost too much to read, shorter",
    ];

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        help.MaxWidth = width;
        var result = help.Invoke(parseResult);
        var (path, output) = (UsageErrors.PathOf(parseResult), parseResult.InvocationConfiguration.Output);
        if (parseResult.CommandResult.Command is RootCommand)
        {
            Write(output, "Examples:", Examples);
            Write(output, "Exit codes:", ExitCodes.All.Select(line => $"{line.Code,3}  {line.Meaning}"));
        }
        else
        {
            Write(output, "Examples:", Examples.Where(example => example.StartsWith($"{path} ", StringComparison.Ordinal)));
            Write(output, "Exit codes:", [$"0 done; others say what went wrong: fish --help lists them"]);
        }

        return result;
    }

    private static void Write(TextWriter output, string head, IEnumerable<string> lines)
    {
        if (lines.ToArray() is { Length: > 0 } shown)
        {
            output.WriteLine(head);
            Array.ForEach(shown, line => output.WriteLine($"  {line}"));
            output.WriteLine();
        }
    }
}
