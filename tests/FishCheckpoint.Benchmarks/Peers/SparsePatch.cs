using System.Runtime.InteropServices;
using System.Text.Json;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>The sparse safetensors patch, version 1: for each changed tensor its int32 positions and its new values.</summary>
internal sealed class SparsePatch : IPeer
{
    public string Name => "sparse safetensors patch";

    public byte[] Encode(Checkpoint before, Checkpoint after)
    {
        var (buffer, tensors, changed) = (Array.Empty<int>(), new List<(TensorInfo Info, byte[] Bytes)>(), new List<string>());
        var total = 0L;
        for (var tensor = 0; tensor < before.Tensors.Length; tensor++)
        {
            var info = before.Layout.Tensors[tensor];
            var positions = Changes.Of(before, after, tensor, ref buffer);
            if (positions.Length > 0)
            {
                tensors.Add(
                    (new TensorInfo($"{info.Name}.indices", DType.I32, [positions.Length]), MemoryMarshal.AsBytes(positions).ToArray()));
                tensors.Add(
                    (new TensorInfo($"{info.Name}.values", info.Type, [positions.Length]),
                    Changes.Gather(after.Tensors[tensor], info.UnitSize, positions)));
                changed.Add(info.Name);
                total += positions.Length;
            }
        }

        return Safetensors.Write(tensors, new Dictionary<string, string>(Metadata(before, changed.Count, total), StringComparer.Ordinal)
        {
            ["changed_params"] = JsonSerializer.Serialize(changed),
        });
    }

    /// <summary>What both versions say about themselves.</summary>
    public static Dictionary<string, string> Metadata(Checkpoint model, int changedTensors, long changed) => new(StringComparer.Ordinal)
    {
        ["format"] = "sparse_weight_patch",
        ["version"] = "1",
        ["sparse"] = "True",
        ["model_version"] = "1",
        ["num_changed_params"] = $"{changedTensors}",
        ["total_changed_elements"] = $"{changed}",
        ["total_elements"] = $"{model.Layout.Elements}",
        ["sparsity"] = $"{1 - ((double)changed / model.Layout.Elements)}",
    };

    public void Decode(Checkpoint before, byte[] encoded, Checkpoint target)
    {
        var file = Safetensors.Read(encoded);
        for (var tensor = 0; tensor < target.Tensors.Length; tensor++)
        {
            var info = target.Layout.Tensors[tensor];
            if (file.TryGet($"{info.Name}.indices", out var positions, out _) && file.TryGet($"{info.Name}.values", out var values, out _))
            {
                Changes.Scatter(target.Tensors[tensor], info.UnitSize, MemoryMarshal.Cast<byte, int>(positions), values);
            }
        }
    }
}
