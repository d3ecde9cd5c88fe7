using System.Numerics.Tensors;
using FishCheckpoint.Benchmarks.Peers;
using FishCheckpoint.Benchmarks.Sizes;
using FishCheckpoint.Codec;

namespace FishCheckpoint.Benchmarks.Compressors;

/// <summary>What a compressor is given, by who gives it: pieces of the corpus's real checkpoints.</summary>
internal static class CompressorInputs
{
    private const int Piece = 1 << 16;
    private const int Least = 64;

    /// <summary>Each kind of input with its pieces.</summary>
    public static IEnumerable<(string Title, byte[][] Pieces)> OfFolder(string folder, Corpus corpus)
    {
        var pair = Pair.OfFolder(folder, corpus).First(found => found.Title.Contains("density-5", StringComparison.Ordinal));
        yield return ("planes of a bf16 model", [.. Planes(pair.Before)]);
        foreach (var (name, _) in corpus.FishRuns)
        {
            var path = Path.Combine(folder, name);
            yield return ($"planes of masked float32 values, {name}",
                [.. new FishFolder(path).Steps.SelectMany(step => Planes(Checkpoint.Load(step.Path), ".values"))]);
            yield return ($"planes of Adam's moments, {name}", [.. Planes(Checkpoint.Load(Path.Combine(path, "state.safetensors")))]);
        }

        yield return ("tensors of a disk-delta folder (XOR of bf16, 5 % changed)", [.. Changes(pair)]);
    }

    private static IEnumerable<byte[]> Planes(Checkpoint checkpoint, string suffix = "") => checkpoint.Layout.Tensors.Index()
        .Where(tensor => tensor.Item.Name.EndsWith(suffix, StringComparison.Ordinal))
        .SelectMany(tensor => Planes(checkpoint.Tensors[tensor.Index], tensor.Item.UnitSize));

    private static IEnumerable<byte[]> Planes(byte[] tensor, int unit)
    {
        var planes = new byte[tensor.Length];
        BytePlanes.Split(tensor, unit, planes);
        return planes.Chunk(Math.Max(tensor.Length / unit, 1)).SelectMany(plane => plane.Chunk(Piece))
            .Where(piece => piece.Length >= Least);
    }

    private static IEnumerable<byte[]> Changes(Pair pair) => pair.Before.Tensors.Zip(pair.After.Tensors, (before, after) =>
    {
        var changes = new byte[before.Length];
        TensorPrimitives.Xor<byte>(before, after, changes);
        return changes;
    }).Where(changes => changes.Length >= Least);
}
