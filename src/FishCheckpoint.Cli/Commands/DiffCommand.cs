using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Models;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Tensors;
using Spectre.Console;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt diff</c>.</summary>
internal static class DiffCommand
{
    public static Command Create(Shell shell)
    {
        var task = Arguments.Task();
        var from = new Argument<string>("FROM")
        {
            Description = "base, a step, latest, best, or a tag. TASK:STEP names a checkpoint of another task on the same base.",
        };
        var to = new Argument<string>("TO") { Description = "A step, latest, best, or a tag." };
        var path = new Option<string?>("--out") { Description = "Write the difference as a sparse patch to a file or a pipe.",
            HelpName = "PATCH.safetensors" };
        var command = new Command("diff", "Show how much each tensor differs between two checkpoints, and write the difference.")
        {
            task, from, to, path,
        };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var parsed = call.Parsed;
            var (name, source) = (parsed.GetRequiredValue(task), StateRef.Parse(parsed.GetRequiredValue(from)));

            // Resolve the step once: "latest" may change before everything is read.
            var info = await call.Store.Checkpoints.GetAsync(name, StepRef.Parse(parsed.GetRequiredValue(to)), cancellation);
            using var delta = await call.Store.States.OpenDeltaAsync(name, StepRef.At(info.Step), source, cancellation);
            await using var reader = await call.Store.States.OpenAsync(name, StepRef.At(info.Step), cancellation);
            var patch = parsed.GetValue(path);
            if (patch is not null)
            {
                KeyValuePair<string, string>[] metadata = [new("task", name), new("from", source.ToString()), new("to", $"{info.Step}")];
                await PatchTarget.WriteAsync(call.Terminal, delta, reader.Layout, metadata, patch, cancellation);
                if (Terminal.IsOutput(patch))
                {
                    return;
                }
            }

            call.Print(Result(reader.Layout, TensorChange.Of(delta, reader.Layout), patch), result => Describe(call.Terminal, result));
        });
        return command;
    }

    private static DiffResult Result(Tensors.Layout layout, TensorChange[] changes, string? patch) => new(
        changes.Sum(change => change.Changed), layout.Elements, Density(changes.Sum(change => change.Changed), layout.Elements), patch,
        [.. changes.Select(change => new TensorDiff(
            change.Tensor.Name, DTypes.NameOf(change.Tensor.Type), change.Tensor.Shape, change.Changed,
            Density(change.Changed, change.Tensor.Units)))]);

    private static double Density(long changed, long units) => units == 0 ? 0 : (double)changed / units;

    private static void Describe(Terminal terminal, DiffResult result)
    {
        var table = Tables.Create("tensor", "?dtype", "?shape", ">changed", ">density", "");
        foreach (var tensor in result.Tensors)
        {
            table.Row(
                [tensor.Name, tensor.Dtype, TensorInfo.ShapeText(tensor.Shape), Say.Count(tensor.Changed), Say.Percent(tensor.Density)],
                Tables.Bar(tensor.Density, Color.Teal));
        }

        terminal.Console.Write(table);
        terminal.Say(
            $"{Say.Count(result.Changed)} of {Say.Count(result.Elements)} values differ: {Say.Percent(result.Density)}, in ",
            $"{result.Tensors.Count} tensors");
        if (result.Patch is { } patch)
        {
            terminal.Say($"Patch: [bold]{patch}[/]");
        }
    }

    private sealed record DiffResult(long Changed, long Elements, double Density, string? Patch, IReadOnlyList<TensorDiff> Tensors);

    private sealed record TensorDiff(string Name, string Dtype, IReadOnlyList<long> Shape, long Changed, double Density);
}
