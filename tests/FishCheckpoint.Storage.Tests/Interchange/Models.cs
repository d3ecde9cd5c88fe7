using System.Buffers.Binary;
using FishCheckpoint.Contract;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Tests.Interchange;

/// <summary>Models with what each format carries.</summary>
internal static class Models
{
    /// <summary>BF16 alone, with an empty tensor, a scalar, one of more than two blocks, and names that need care.</summary>
    public static TestModel Bfloat() => TestModel.Create(
        3, null,
        new TensorInfo("embed.weight", DType.BF16, [1300, 1000]), new TensorInfo("layer.0.weight", DType.BF16, [300, 7, 9]),
        new TensorInfo("layer.0.bias", DType.BF16, [70000]), new TensorInfo("layer.0.empty", DType.BF16, [0, 4]),
        new TensorInfo("scale", DType.BF16, []),
        new TensorInfo("odd/../name \"ä\" 𝄞 \uFFFD", DType.BF16, [5, 3]));

    /// <summary>Floats of three widths, each with one dimension or more.</summary>
    public static TestModel Floats() => TestModel.Create(
        4, null,
        new TensorInfo("a.f32", DType.F32, [600, 1000]), new TensorInfo("b.bf16", DType.BF16, [3, 90000]),
        new TensorInfo("c.f16", DType.F16, [70000]),
        new TensorInfo("d.f32", DType.F32, [2, 3, 4]));

    /// <summary>A copy in which some units of some tensors have other bits.</summary>
    public static TestModel Changed(this TestModel model, int seed, double density, params string[] tensors)
    {
        var (copy, random) = (model.Copy(), new Random(seed));
        foreach (var name in tensors)
        {
            var (bytes, unit) = (copy[name], model.Layout.Tensors.Single(tensor => tensor.Name == name).UnitSize);
            for (var change = 0; change < Math.Max(1, bytes.Length / unit * density); change++)
            {
                bytes[(random.Next(bytes.Length / unit) * unit) + random.Next(unit)] ^= (byte)random.Next(1, 256);
            }
        }

        return copy;
    }

    /// <summary>A copy with words in the place of some elements of two bytes: NaN payloads, zeros with both signs, infinities.</summary>
    public static TestModel WithWords(this TestModel model, string tensor, params ushort[] words)
    {
        var copy = model.Copy();
        for (var index = 0; index < words.Length; index++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(copy[tensor].AsSpan(index * 2), words[index]);
        }

        return copy;
    }
}
