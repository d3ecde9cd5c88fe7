using System.CommandLine;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Cli.Commands;

/// <summary>The options that say which of several models in a folder is meant.</summary>
internal sealed class ModelChoiceOptions
{
    public ModelChoiceOptions() => File.Validators.Add(result =>
    {
        if (result.GetResult(Variant) is not null)
        {
            result.AddError("'--file' and '--variant' both choose the model: give one of them.");
        }
    });

    public Option<string?> File { get; } = new("--file")
    {
        Description = "The folder's model is this file, or the shards that this file or index belongs to.", HelpName = "NAME",
    };

    public Option<string?> Variant { get; } = new("--variant")
    {
        Description = "The folder's model is this variant, as in model.fp16.safetensors.", HelpName = "NAME",
    };

    public ModelChoice Of(ParseResult parsed) => new(parsed.GetValue(File), parsed.GetValue(Variant));
}
