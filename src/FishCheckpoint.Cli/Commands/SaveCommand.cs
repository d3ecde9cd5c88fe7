using System.CommandLine;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Cli.Hosting;
using FishCheckpoint.Cli.Models;
using FishCheckpoint.Cli.Output;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Commands;

/// <summary><c>fishckpt save</c>.</summary>
internal static class SaveCommand
{
    public static Command Create(Shell shell)
    {
        var (task, step) = (Arguments.Task(), Arguments.NewStep());
        var path = new Argument<string>("PATH")
        {
            Description = "A full model (a safetensors or PyTorch file, or a folder of shards), a sparse patch or frames; "
                + "a pipe, or - for standard input.",
        };
        var parent = new Option<string>("--parent")
        {
            Description = "The parent that the delta is computed against: auto, base, previous, or a step.", HelpName = "PARENT",
            DefaultValueFactory = _ => "auto",
        };
        var baseId = new Option<string?>("--base")
        {
            Description = "The base (name or id) that training started from. The save is refused if the task has another one.",
            HelpName = "ID",
        };
        var metric = new Option<string[]>("--metric")
        {
            Description = "A metric to store, as in loss=0.31; NaN, inf and -inf are valid. May be repeated.", HelpName = "KEY=NUMBER",
        };
        var metadata = new Option<string[]>("--metadata")
        {
            Description = "A text to store, as in run=a1. May be repeated.", HelpName = "KEY=VALUE",
        };
        var overwrite = new Option<bool>("--overwrite")
        {
            Description = $"Replace a checkpoint of other content. The old one is deleted with its tags, as '{ProgramInfo.Name} rm' does.",
        };
        var (forms, stateDict, choice) = (new ContentFormOptions(), StateDictOption.Create(), new ModelChoiceOptions());
        var command = new Command("save", "Save a checkpoint: a full model, a sparse patch or frames. The content shows which.")
        {
            task, step, path, parent, baseId, metric, metadata, overwrite, forms.Full, forms.Sparse, forms.Frames, stateDict, choice.File,
            choice.Variant,
        };
        command.Validators.Add(forms.Check);
        shell.OnStore(command, async (call, cancellation) =>
        {
            var parsed = call.Parsed;
            var (name, number) = (parsed.GetRequiredValue(task), StepRef.ParseStep(parsed.GetRequiredValue(step)));
            var options = new SaveOptions
            {
                Parent = ParentChoice.Parse(parsed.GetRequiredValue(parent)),
                ExpectedBase = await BaseOf(call, parsed.GetValue(baseId), cancellation),
                Metrics = InfoOptions.Metrics(parsed.GetValue(metric) ?? []),
                Metadata = InfoOptions.Metadata(parsed.GetValue(metadata) ?? []),
                Overwrite = parsed.GetValue(overwrite),
            };
            using var input = await LocalInput.OpenAsync(
                parsed.GetRequiredValue(path), call.Terminal, shell.Settings.Limits.MaxUploadBytes, cancellation);
            using var content = await LocalContent.OpenAsync(
                input.Path, forms.Of(parsed), () => TensorsOfAsync(call, name, cancellation), shell.Settings.Limits.MaxHeaderBytes,
                parsed.GetValue(stateDict), choice.Of(parsed));
            var saved = await Progress.OfContentAsync(
                call.Terminal, $"saving {name}/{number}", content.Content, () => call.Store.Checkpoints.SaveAsync(
                    name, number, content.Content, options, cancellation));
            var info = saved.Value with { LeftOut = LeftOutFile.Join(content.LeftOut, saved.Value.LeftOut) };
            call.Print(info, made => Describe(call, saved with { Value = made }, content));
        });
        return command;
    }

    private static void Describe(Call call, Saved<CheckpointInfo> saved, LocalContent content)
    {
        var info = saved.Value;
        call.Say(
            $"{(saved.Created ? "Saved" : "Already there:")} [bold]{info.Task}/{info.Step}[/] ",
            $"({content.Form}): {Say.Count(info.Changed)} values against {info.Parent}, ",
            $"{Say.Bytes(info.StoredBytes)} for a model of {Say.Bytes(info.LogicalBytes)}{StateDictOption.Describe(content.StateDict)}");
        call.SayLeftOut(info.LeftOut);
    }

    // A server finds the form itself, so the layout of its base is not fetched.
    private static async Task<Func<string, bool>> TensorsOfAsync(Call call, string task, CancellationToken cancellation) =>
        call.Opened.IsServer ? _ => false
        : await call.Store.Bases.TensorsOfAsync(await call.Store.Tasks.GetAsync(task, cancellation), cancellation);

    private static async Task<Digest?> BaseOf(Call call, string? nameOrId, CancellationToken cancellation)
    {
        if (nameOrId is null)
        {
            return null;
        }

        // The store refuses an unknown id as another base: that is what the check is for.
        return Digest.TryParse(nameOrId, out var id) ? id : (await call.Store.Bases.GetAsync(nameOrId, cancellation)).Id;
    }
}
