using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Interchange;

namespace FishCheckpoint.Cli.Commands;

/// <summary>The options for which checkpoints are exported.</summary>
internal sealed class ExportRangeOptions
{
    private readonly Option<string> task = new("--task") { Description = "The task.", HelpName = "TASK", Required = true };

    private readonly Option<string> from = new("--from")
    {
        Description =
            "The first checkpoint, written as a full version: a step, latest, best, or a tag. With base, followers already have "
            + "version 0, and it is not written. shira: the first version to write.",
        HelpName = "A", Required = true,
    };

    private readonly Option<string> to = new("--to") { Description = "The last checkpoint.", HelpName = "B", Required = true };

    private readonly Option<int> every = new("--every")
    {
        Description = "Export every N-th saved step between them; 0: none.", HelpName = "N", DefaultValueFactory = _ => 1,
    };

    private readonly Option<int> fullEvery = new("--full-every")
    {
        Description = "Make every N-th version a full one. Default: only the first.", HelpName = "N",
    };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { task, from, to, every, fullEvery })
        {
            command.Add(option);
        }
    }

    public ExportOptions Of(ParseResult parsed, InterchangeFormat format, string folder) => new()
    {
        Format = format, Folder = folder, Task = parsed.GetRequiredValue(task), From = StateOf(parsed.GetRequiredValue(from)),
        To = StepRef.Parse(parsed.GetRequiredValue(to)), Every = parsed.GetValue(every), FullEvery = parsed.GetValue(fullEvery),
    };

    private static StepRef? StateOf(string text) => text == "base" ? null : StepRef.Parse(text);
}
