using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>PEFT's sparse high-rank adapters (docs/guides/interchange.md, "shira").</summary>
internal sealed class ShiraFormat : AdapterFormat
{
    public const string Config = "adapter_config.json";
    public const string Stem = "adapter_model";
    public const string ModelPrefix = "base_model.model.";
    public const string Values = ".shira_weight";
    public const string Positions = ".shira_indices";
    public const string Weight = ".weight";

    protected override string File => Config;

    public override IVersionDelta OpenDelta(FoundVersion version, Layout layout, ImportOptions options) =>
        new ShiraReader(version, options.MaxHeaderLength);

    public override IVersionWriter CreateWriter(ExportOptions options) => new ShiraWriter(options);
}
