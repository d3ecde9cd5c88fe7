using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Models;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fish load</c>.</summary>
internal static class LoadCommand
{
    public static Command Create(Shell shell)
    {
        var (task, step) = (Arguments.Task(), Arguments.Step());
        var path = new Argument<string>("OUT") { Description = "The file to write, or the folder for a model of several files. Replaced if it is there." };
        var command = new Command("load", "Rebuild a checkpoint as plain model files, bit for bit.") { task, step, path };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var parsed = call.Parsed;
            await using var reader = await call.Store.OpenAsync(
                parsed.GetRequiredValue(task), StepRef.Parse(parsed.GetRequiredValue(step)), cancellation);
            var plan = ModelTarget.Plan(reader.Files, parsed.GetRequiredValue(path));
            var loaded = new List<LoadedFile>();
            await Progress.BytesAsync(call.Terminal, "loading", plan.Sum(item => item.File.Bytes), async passed =>
            {
                foreach (var (file, target) in plan)
                {
                    loaded.Add(new LoadedFile(target, file.Bytes, await ModelTarget.WriteAsync(reader, file, target, passed, cancellation)));
                }
            });
            call.Print(loaded, files => files.ForEach(file => call.Say($"[bold]{file.Path}[/] {Say.Bytes(file.Bytes)} sha256 {file.Sha256}")));
        });
        return command;
    }

    private sealed record LoadedFile(string Path, long Bytes, Digest Sha256);
}
