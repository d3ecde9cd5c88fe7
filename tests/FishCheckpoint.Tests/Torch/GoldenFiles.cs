using System.Text.Json;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;
using Xunit;

namespace FishCheckpoint.Tests.Torch;

/// <summary>Files that PyTorch has written (tests/python/torchfiles/write_golden.py), and the tensors that it says they hold.</summary>
internal static class GoldenFiles
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Torch", "Golden");

    private static readonly Dictionary<string, GoldenFile> Expected = Read();

    public static IEnumerable<string> Names => Expected.Keys;

    public static string PathOf(string name) => Path.Combine(Folder, name.Split('?')[0]);

    public static string? KeyOf(string name) => name.Contains('?', StringComparison.Ordinal) ? name.Split('?')[1] : null;

    /// <summary>Checks that a model is the one expected: names in their order, dtypes, shapes and bits.</summary>
    public static void Check(string name, TorchModel model)
    {
        var expected = Expected[name];
        Assert.Equal(expected.Key, model.Key);
        Assert.Equal(expected.Tensors, ReadAll(model), TensorComparer.Instance);
    }

    /// <summary>All tensors of a model, read out of it as a stream of safetensors.</summary>
    public static List<GoldenTensor> ReadAll(TorchModel model)
    {
        using var stream = model.AsStream();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes, 77);
        var file = bytes.ToArray();
        var length = HeaderParser.ReadLength(file, file.Length, "stream");
        var header = HeaderParser.Parse(
            file.AsMemory(SafetensorsHeader.PrefixLength, length), "stream", file.Length - SafetensorsHeader.PrefixLength - length);
        return [.. header.Tensors.Select(tensor => new GoldenTensor(
            tensor.Info.Name, DTypes.NameOf(tensor.Info.Type), [.. tensor.Info.Shape],
            file[(int)(header.DataStart + tensor.Begin)..(int)(header.DataStart + tensor.End)]))];
    }

    public static bool Same(IReadOnlyList<GoldenTensor> left, IReadOnlyList<GoldenTensor> right) =>
        left.SequenceEqual(right, TensorComparer.Instance);

    private static Dictionary<string, GoldenFile> Read()
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, "expected.json")));
        return json.RootElement.EnumerateObject().ToDictionary(
            file => file.Name,
            file => new GoldenFile(
                file.Value.GetProperty("key").GetString(),
                [.. file.Value.GetProperty("tensors").EnumerateArray().Select(tensor => new GoldenTensor(
                    tensor[0].GetString()!, tensor[1].GetString()!, [.. tensor[2].EnumerateArray().Select(size => size.GetInt64())],
                    Convert.FromHexString(tensor[3].GetString()!)))]),
            StringComparer.Ordinal);
    }

    private sealed record GoldenFile(string? Key, GoldenTensor[] Tensors);

    private sealed class TensorComparer : IEqualityComparer<GoldenTensor>
    {
        public static readonly TensorComparer Instance = new();

        public bool Equals(GoldenTensor? left, GoldenTensor? right) =>
            (left!.Name, left.Type) == (right!.Name, right.Type) && left.Shape.SequenceEqual(right.Shape)
            && left.Bytes.AsSpan().SequenceEqual(right.Bytes);

        public int GetHashCode(GoldenTensor tensor) => StringComparer.Ordinal.GetHashCode(tensor.Name);
    }
}

/// <summary>A tensor: name, dtype as safetensors spells it, shape and bytes.</summary>
internal sealed record GoldenTensor(string Name, string Type, long[] Shape, byte[] Bytes);
