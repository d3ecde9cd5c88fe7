using System.Runtime.InteropServices;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Models;

/// <summary>
/// A synthetic model with the tensors of BERT-large-cased (391 tensors, 333,579,264 parameters, float32), and a copy in which a share of
/// each tensor has moved a little. The values are made up: for sizes on real checkpoints see the demo.
/// </summary>
internal static class BertLarge
{
    public const string BaseName = "base.safetensors";
    public const string ChangedName = "changed.safetensors";
    public const string PatchName = "patch.safetensors";

    private const int Hidden = 1024;
    private const int Inner = 4096;

    public static IEnumerable<TensorInfo> Tensors()
    {
        yield return Tensor("bert.embeddings.word_embeddings.weight", 28996, Hidden);
        yield return Tensor("bert.embeddings.position_embeddings.weight", 512, Hidden);
        yield return Tensor("bert.embeddings.token_type_embeddings.weight", 2, Hidden);
        yield return Tensor("bert.embeddings.LayerNorm.weight", Hidden);
        yield return Tensor("bert.embeddings.LayerNorm.bias", Hidden);
        for (var layer = 0; layer < 24; layer++)
        {
            var prefix = $"bert.encoder.layer.{layer}";
            foreach (var part in new[] { "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense" })
            {
                yield return Tensor($"{prefix}.{part}.weight", Hidden, Hidden);
                yield return Tensor($"{prefix}.{part}.bias", Hidden);
            }

            yield return Tensor($"{prefix}.attention.output.LayerNorm.weight", Hidden);
            yield return Tensor($"{prefix}.attention.output.LayerNorm.bias", Hidden);
            yield return Tensor($"{prefix}.intermediate.dense.weight", Inner, Hidden);
            yield return Tensor($"{prefix}.intermediate.dense.bias", Inner);
            yield return Tensor($"{prefix}.output.dense.weight", Hidden, Inner);
            yield return Tensor($"{prefix}.output.dense.bias", Hidden);
            yield return Tensor($"{prefix}.output.LayerNorm.weight", Hidden);
            yield return Tensor($"{prefix}.output.LayerNorm.bias", Hidden);
        }

        yield return Tensor("bert.pooler.dense.weight", Hidden, Hidden);
        yield return Tensor("bert.pooler.dense.bias", Hidden);
    }

    /// <summary>Writes the models with half a percent changed, unless a folder has them.</summary>
    public static void WriteIfMissing(string folder)
    {
        if (!File.Exists(Path.Combine(folder, PatchName)))
        {
            Write(folder, 0.005);
        }
    }

    public static void Write(string folder, double density)
    {
        Directory.CreateDirectory(folder);
        var random = new Random(1);
        var (tensors, parts) = (Tensors().ToArray(), new List<(TensorInfo Info, byte[] Bytes)>());
        using (var before = new SafetensorsWriter(Path.Combine(folder, BaseName), HeaderWriter.Create(tensors)))
        using (var after = new SafetensorsWriter(Path.Combine(folder, ChangedName), HeaderWriter.Create(tensors)))
        {
            foreach (var tensor in tensors)
            {
                var values = new float[tensor.Elements];
                foreach (ref var value in values.AsSpan())
                {
                    value = (random.NextSingle() + random.NextSingle() + random.NextSingle() - 1.5f) * 0.05f;
                }

                before.Write(MemoryMarshal.AsBytes<float>(values));
                parts.AddRange(Move(tensor, values, density, random));
                after.Write(MemoryMarshal.AsBytes<float>(values));
            }

            before.Commit();
            after.Commit();
        }

        using var patch = new SafetensorsWriter(Path.Combine(folder, PatchName), HeaderWriter.Create(parts.Select(part => part.Info)));
        parts.ForEach(part => patch.Write(part.Bytes));
        patch.Commit();
        Console.WriteLine(
            $"{folder}: {tensors.Length} tensors, {tensors.Sum(tensor => tensor.Elements):N0} parameters, "
            + $"{tensors.Sum(tensor => tensor.Bytes):N0} bytes, "
            + $"{parts.Where(part => part.Info.Type == DType.F32).Sum(part => part.Info.Elements):N0} of them changed");
    }

    // Moves a share of the values by about a thousandth, the positions uniform.
    private static IEnumerable<(TensorInfo Info, byte[] Bytes)> Move(TensorInfo tensor, float[] values, double density, Random random)
    {
        var (positions, moved) = (new List<int>(), new List<float>());
        for (var index = 0; index < values.Length; index++)
        {
            if (random.NextDouble() < density)
            {
                var value = values[index] + ((random.NextSingle() - 0.5f) * 2e-3f);
                if (BitConverter.SingleToInt32Bits(value) != BitConverter.SingleToInt32Bits(values[index]))
                {
                    values[index] = value;
                    positions.Add(index);
                    moved.Add(value);
                }
            }
        }

        yield return (new TensorInfo(tensor.Name + ".indices", DType.I32, [positions.Count]),
            MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(positions)).ToArray());
        yield return (new TensorInfo(tensor.Name + ".values", DType.F32, [moved.Count]),
            MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(moved)).ToArray());
    }

    private static TensorInfo Tensor(string name, params long[] shape) => new(name, DType.F32, shape);
}
