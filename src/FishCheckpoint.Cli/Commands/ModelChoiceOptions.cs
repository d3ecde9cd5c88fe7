using System.CommandLine;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Commands;

/// <summary>The options that choose one of several models in a folder.</summary>
internal sealed class ModelChoiceOptions
{
    public ModelChoiceOptions() => File.Validators.Add(result =>
    {
        if (result.GetResult(Variant) is not null)
        {
            result.AddError("'--file' and '--variant' both choose the model. Give one of them.");
        }
    });

    public Option<string?> File { get; } = new("--file")
    {
        Description = "Use this file as the folder's model, or the shards that this file or index belongs to.", HelpName = "NAME",
    };

    public Option<string?> Variant { get; } = new("--variant")
    {
        Description = "Use this variant of the model, as in model.fp16.safetensors.", HelpName = "NAME",
    };

    public ModelChoice Of(ParseResult parsed) => new(parsed.GetValue(File), parsed.GetValue(Variant));
}
