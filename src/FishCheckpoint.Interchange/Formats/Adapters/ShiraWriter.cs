using System.Text.Json;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Writing;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>
/// Writes a state as an adapter on the base: the inverse of <see cref="ShiraReader"/>. The base plus the adapter gives the state bit for
/// bit.
/// </summary>
internal sealed class ShiraWriter : IVersionWriter
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 2 };

    private readonly ExportOptions options;

    public ShiraWriter(ExportOptions options)
    {
        this.options = options;
        Choice.None(options.Encoding, "encoding");
        Choice.None(options.Checksum, "checksum");
        Choice.None(options.Positions, "positions");
    }

    public Task<Written> WriteFullAsync(ExportState state, IModelReader model, CancellationToken cancellation) => throw new FishException(
        ErrorCode.RequestInvalid, state.Name, "An adapter is never a full model.", "Leave out the option for full versions.");

    public Written WriteDelta(ExportState state, ExportState below, StatePair pair, CancellationToken cancellation)
    {
        var plan = ShiraPlan.Of(pair, state.Name, cancellation);
        var place = Path.Combine(options.Folder, $"{AdapterFormat.Prefix}{state.Name}");
        using var version = new StagedVersion(place);
        version.Write($"{ShiraFormat.Stem}.safetensors", stream => Write(stream, plan, state, pair, cancellation));
        version.Write(ShiraFormat.Config, JsonSerializer.SerializeToUtf8Bytes(ConfigOf(plan), Indented));
        return new Written(version.Commit(), place, version.Bytes);
    }

    private void Write(Stream stream, ShiraPlan plan, ExportState state, StatePair pair, CancellationToken cancellation)
    {
        var header = HeaderWriter.Create(
            plan.Matrices.SelectMany(matrix => TensorsOf(plan, matrix)),
            new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" });
        stream.Write(header.ToFileBytes());
        foreach (var matrix in plan.Matrices)
        {
            using var elements = new ShiraElements(
                matrix, plan.CountOf(matrix), $"{state.Name}: {matrix.Tensor.Name}", options.SpoolFolder);
            elements.Read(pair, cancellation);
            elements.WritePositions(stream);
            elements.WriteValues(stream);
        }
    }

    private static IEnumerable<TensorInfo> TensorsOf(ShiraPlan plan, ShiraMatrix matrix)
    {
        var (name, count) = (ShiraFormat.ModelPrefix + matrix.Module, plan.CountOf(matrix));
        yield return new TensorInfo(name + ShiraFormat.Positions, DType.I32, [2, count]);
        yield return new TensorInfo(name + ShiraFormat.Values, ShiraDifference.TypeOf(matrix.Tensor.Type), [count]);
    }

    private static Dictionary<string, object?> ConfigOf(ShiraPlan plan) => new(StringComparer.Ordinal)
    {
        ["auto_mapping"] = null, ["base_model_name_or_path"] = null, ["fan_in_fan_out"] = false, ["inference_mode"] = true,
        ["init_weights"] = true,
        ["mask_type"] = "random", ["modules_to_save"] = null, ["peft_type"] = "SHIRA", ["r"] = plan.Rank, ["random_seed"] = null,
        ["revision"] = null,
        ["target_modules"] = plan.Matrices.Select(matrix => matrix.Module).ToArray(), ["task_type"] = null,
    };
}
