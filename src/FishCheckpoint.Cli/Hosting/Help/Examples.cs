namespace FishCheckpoint.Cli.Hosting.Help;

/// <summary>The command lines that the help shows.</summary>
internal static class Examples
{
    // The first ones are the way from nothing to a loaded checkpoint, which the root's help shows.
    private const int Start = 6;

    private static readonly (string Command, string Comment)[] All =
    [
        ("demo", "train, save, rebuild and compare, on real digits"),
        ("serve --data data --urls http://127.0.0.1:5080", ""),
        ("base add bert-base model.safetensors", "a file, or a sharded folder"),
        ("task add sst2 --base bert-base", ""),
        ("save sst2 100 step100.safetensors --metric loss=0.31", ""),
        ("load sst2 latest restored.safetensors", ""),
        ("doctor", "checks the libraries, the data folder, the clock and the disk"),
        ("completion bash > ~/.local/share/bash-completion/completions/fishckpt", ""),
        ("bench step100.safetensors step200.safetensors", ""),
        ("pull sst2 serving --follow", "keeps serving/current at the newest step"),
        ("watch out --task sst2", "saves each checkpoint that a trainer writes into out"),
        ("task ls", ""),
        ("task set sst2 --keep-last 10 --dry-run", ""),
        ("show sst2 latest", ""),
        ("rm sst2 100", ""),
        ("undelete sst2 100", ""),
        ("tag sst2 release 100", ""),
        ("pin sst2 release", ""),
        ("gc --dry-run", "lists the checkpoints that no retention rule keeps; changes nothing"),
        ("ls sst2 --json", ""),
        ("diff sst2 base 100 --out patch.safetensors", ""),
        ("import slime updates --task sst2 --base bert-base", ""),
        ("export slime updates --task sst2 --from 100 --to latest", ""),
        ("report --server http://127.0.0.1:5080", ""),
        ("verify", "reads everything in the store"),
        ("verify --max-time 600", "stops after 10 minutes; the next run continues"),
        ("key add trainer --scope write --task sst2", "prints the token once; clients send it as FISH_KEY"),
        ("backup /mnt/backup", "while the store is in use"),
        ("restore /mnt/backup restored", ""),
        ("repair --data data --to repaired", ""),
        ("recode --max-time 600", ""),
        ("fold --max-time 600", ""),
        ("ready --server http://127.0.0.1:5080 --wait 30", ""),
        ("help task set", ""),
    ];

    /// <summary>The examples of a command and its subcommands; of the root, the first steps.</summary>
    /// <param name="path">The command's words after the program's name; empty for the root.</param>
    public static IReadOnlyList<string> Of(string path)
    {
        var found = path.Length == 0 ? All[..Start]
            : [.. All.Where(example => $"{example.Command} ".StartsWith($"{path} ", StringComparison.Ordinal))];
        var width = found.Where(example => example.Comment.Length > 0).Select(example => example.Command.Length).DefaultIfEmpty().Max();
        return [.. found.Select(example => example.Comment.Length == 0 ? $"{ProgramInfo.Name} {example.Command}"
            : $"{ProgramInfo.Name} {example.Command.PadRight(width)}  # {example.Comment}")];
    }
}
