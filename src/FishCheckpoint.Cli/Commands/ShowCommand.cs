using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Output;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt show</c>.</summary>
internal static class ShowCommand
{
    public static Command Create(Shell shell)
    {
        var (task, step) = (Arguments.Task(), Arguments.Step());
        var command = new Command("show", "Show the details and the cost of a checkpoint.") { task, step };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var info = await call.Store.Checkpoints.GetAsync(
                call.Parsed.GetRequiredValue(task), StepRef.Parse(call.Parsed.GetRequiredValue(step)), cancellation);
            call.Print(info, found => Describe(call.Terminal, found));
        });
        return command;
    }

    private static void Describe(Terminal terminal, CheckpointInfo info)
    {
        var model = info.StoredBytes - info.TrainerStateBytes;
        (string Name, string Value)[] rows =
        [
            ("checkpoint", $"{info.Task}/{info.Step}"),
            ("parent", $"{info.Parent} (chain of {info.Depth})"),
            ("saved", $"{Say.Time(info.Created)} UTC"),
            ("changed", $"{Say.Count(info.Changed)} values"),
            ("model", Say.Bytes(info.LogicalBytes)),
            ("stored",
                $"{Say.Bytes(model)}, {Say.Ratio(model == 0 ? 0 : (double)info.LogicalBytes / model)} "
                + "smaller"
                + (info.TrainerStateBytes > 0 ? $"; and a trainer state of {Say.Bytes(info.TrainerStateBytes)}" : string.Empty)),
            ("frames",
                $"positions {Say.Bytes(info.PositionBytes)}, values {Say.Bytes(info.ValueBytes)}, trainer state "
                + $"{Say.Bytes(info.TrainerStateBytes)}"),
            ("state", info.State.ToString()),
            ("mask", info.Mask.ToString()),
            ("file", info.FileDigest?.ToString() ?? "-"),
            ("metrics", Say.Metrics(info.Metrics)),
            ("metadata", string.Join(
                ' ', info.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"))),
            ("tags", string.Join(' ', info.Tags)),
        ];
        foreach (var (name, value) in rows.Where(row => row.Value.Length > 0))
        {
            terminal.Say($"[grey]{name,-11}[/]{value}");
        }
    }
}
