using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Models;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Load;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt load</c>.</summary>
internal static class LoadCommand
{
    public static Command Create(Shell shell)
    {
        var (task, step) = (Arguments.Task(), Arguments.Step());
        var path = new Argument<string>("OUT")
        {
            Description =
                "The file to write (an existing one is replaced), a folder for a model of several files, a pipe, or - for standard output.",
        };
        var replace = new Option<bool>("--replace")
        {
            Description = "In a folder: replace files of the same names that no load wrote, or that changed since.",
        };
        var command = new Command("load", "Rebuild a checkpoint as model files, bit for bit.") { task, step, path, replace };
        shell.OnStore(command, async (call, cancellation) =>
        {
            var parsed = call.Parsed;
            var target = new ModelTarget(call.Terminal, parsed.GetRequiredValue(path), parsed.GetValue(replace));
            var loaded = await LoadAsync(
                call.Store.States, parsed.GetRequiredValue(task), StepRef.Parse(parsed.GetRequiredValue(step)), target,
                cancellation);
            Print(call, target, loaded);
        });
        return command;
    }

    // Try once more if the step was saved with other content in the meantime, so that all files are of one version.
    private static async Task<LoadedModel> LoadAsync(IStates states, string task, StepRef step, ModelTarget target,
        CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var reader = await states.OpenAsync(task, step, cancellation);
                return await target.WriteAsync(reader, cancellation);
            }
            catch (FishException error) when (error.Code == ErrorCode.CheckpointChanged && attempt == 1 && !target.IsStream)
            {
            }
        }
    }

    private static void Print(Call call, ModelTarget target, LoadedModel loaded)
    {
        var folder = target.IsStream || !Directory.Exists(target.Path) ? "" : target.Path;
        FileResult[] files = [.. loaded.Files.Select(file => new FileResult(Path.Combine(folder, file.Name), file.Bytes, file.Sha256))];
        if (target.IsStandardOutput)
        {
            call.Terminal.SayError($"{Say.Bytes(files[0].Bytes)} sha256 {files[0].Sha256}");
            return;
        }

        call.Print(files, all =>
            Array.ForEach(all, file => call.Say($"[bold]{file.Path}[/] {Say.Bytes(file.Bytes)} sha256 {file.Sha256}")));
        foreach (var name in loaded.Removed)
        {
            call.Say($"removed {name}, which an earlier load wrote");
        }

        foreach (var name in loaded.Kept)
        {
            call.Say($"kept {name}: it changed since an earlier load wrote it");
        }
    }

    private sealed record FileResult(string Path, long Bytes, Digest Sha256);
}
