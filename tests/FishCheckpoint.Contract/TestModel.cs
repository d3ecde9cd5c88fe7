using System.Buffers.Binary;
using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Contract;

/// <summary>A small model in memory: its tensors' bytes, and the file that they are.</summary>
public sealed class TestModel
{
    private readonly Dictionary<string, byte[]> data;

    private TestModel(SafetensorsHeader header, Dictionary<string, byte[]> data) => (Header, this.data) = (header, data);

    public SafetensorsHeader Header { get; }

    public Layout Layout => Header.ToLayout();

    public byte[] this[string tensor] => data[tensor];

    /// <summary>Several dtypes, an empty tensor, a scalar, and one tensor of more than two blocks.</summary>
    public static TestModel Create(int seed = 1, IReadOnlyDictionary<string, string>? metadata = null) => Create(
        seed, metadata,
        new TensorInfo("embed.weight", DType.F32, [600, 1000]), new TensorInfo("layer.0.weight", DType.BF16, [300, 17]),
        new TensorInfo("layer.0.bias", DType.F32, [17]), new TensorInfo("layer.0.empty", DType.F16, [0, 4]),
        new TensorInfo("layer.0.flags", DType.Bool, [33]), new TensorInfo("steps", DType.I64, []),
        new TensorInfo("head.weight", DType.F32, [10, 17]));

    public static TestModel Create(int seed, IReadOnlyDictionary<string, string>? metadata, params TensorInfo[] tensors)
    {
        var random = new Random(seed);
        return new TestModel(HeaderWriter.Create(tensors, metadata), tensors.ToDictionary(tensor => tensor.Name, tensor =>
        {
            var bytes = new byte[tensor.Bytes];
            random.NextBytes(bytes);
            return bytes;
        }, StringComparer.Ordinal));
    }

    /// <summary>A copy in which some units of every tensor have other bits.</summary>
    public TestModel Change(int seed, double density = 0.01)
    {
        var random = new Random(seed);
        var copy = data.ToDictionary(pair => pair.Key, pair => (byte[])pair.Value.Clone(), StringComparer.Ordinal);
        foreach (var tensor in Header.Tensors.Select(tensor => tensor.Info).Where(tensor => tensor.Units > 0))
        {
            for (var change = 0L; change < Math.Max(1, tensor.Units * density); change++)
            {
                copy[tensor.Name][(random.NextInt64(tensor.Units) * tensor.UnitSize) + random.Next(tensor.UnitSize)] ^= (
                    byte)random.Next(1, 256);
            }
        }

        return new TestModel(Header, copy);
    }

    public TestModel Copy() => new(Header, data.ToDictionary(pair => pair.Key, pair => (byte[])pair.Value.Clone(), StringComparer.Ordinal));

    /// <summary>The same tensors under another header: metadata, or another order.</summary>
    public TestModel Rearranged(IReadOnlyDictionary<string, string>? metadata = null) =>
        new(HeaderWriter.Create(Header.Tensors.Select(tensor => tensor.Info).Reverse(), metadata), data);

    /// <summary>The same tensors in the same order, under a header with these metadata.</summary>
    public TestModel Under(IReadOnlyDictionary<string, string> metadata) =>
        new(HeaderWriter.Create(Header.Tensors.Select(tensor => tensor.Info), metadata), data);

    /// <summary>The same model with one tensor in another form, filled with bytes of a seed.</summary>
    public TestModel With(TensorInfo tensor, int seed = 5)
    {
        var tensors = Header.Tensors.Select(item => item.Info).Where(item => item.Name != tensor.Name).Append(tensor).ToArray();
        var bytes = new byte[tensor.Bytes];
        new Random(seed).NextBytes(bytes);
        var all = new Dictionary<string, byte[]>(data, StringComparer.Ordinal) { [tensor.Name] = bytes };
        return new TestModel(HeaderWriter.Create(tensors), all);
    }

    public TestModel Without(string tensor) =>
        new(HeaderWriter.Create(Header.Tensors.Select(item => item.Info).Where(item => item.Name != tensor)), data);

    public byte[] ToBytes()
    {
        var bytes = new byte[Header.FileLength];
        Header.ToFileBytes().CopyTo(bytes, 0);
        foreach (var tensor in Header.Tensors)
        {
            data[tensor.Info.Name].CopyTo(bytes, Header.DataStart + tensor.Begin);
        }

        return bytes;
    }

    public string Write(string folder, string name = "model.safetensors")
    {
        var path = Path.Combine(Directory.CreateDirectory(folder).FullName, name);
        File.WriteAllBytes(path, ToBytes());
        return path;
    }

    /// <summary>The bits at which this model differs from another, as a sparse patch's file.</summary>
    public byte[] PatchAgainst(TestModel other, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var parts = new List<(TensorInfo Info, byte[] Bytes)>();
        foreach (var tensor in Header.Tensors.Select(tensor => tensor.Info))
        {
            var (mine, theirs, unit) = (data[tensor.Name], other.data[tensor.Name], tensor.UnitSize);
            var positions = Enumerable.Range(0, (int)tensor.Units)
                .Where(index => !mine.AsSpan(index * unit, unit).SequenceEqual(theirs.AsSpan(index * unit, unit))).ToArray();
            parts.Add(
                (new TensorInfo(tensor.Name + ".indices", DType.I64, [positions.Length]),
                [.. positions.SelectMany(position => Long(position))]));
            parts.Add((new TensorInfo(tensor.Name + ".values", tensor.Type, [positions.Length]),
                [.. positions.SelectMany(position => mine.AsSpan(position * unit, unit).ToArray())]));
        }

        return Patch(metadata, [.. parts]);
    }

    /// <summary>A safetensors file of these tensors.</summary>
    public static byte[] Patch(IReadOnlyDictionary<string, string>? metadata, params (TensorInfo Info, byte[] Bytes)[] parts)
    {
        var header = HeaderWriter.Create(parts.Select(part => part.Info), metadata);
        return [.. header.ToFileBytes(), .. parts.SelectMany(part => part.Bytes)];
    }

    public static byte[] Long(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }
}

/// <summary>Reads restored models into memory.</summary>
public static class Restored
{
    public static async Task<byte[]> ReadAsync(
        this IModelReader reader, string file = "model.safetensors", long offset = 0, long? length = null)
    {
        using var target = new MemoryStream();
        var pipe = PipeWriter.Create(target);
        await reader.CopyToAsync(file, offset, length ?? (reader.FileOf(file).Bytes - offset), pipe);
        await pipe.CompleteAsync();
        return target.ToArray();
    }

    public static async Task<byte[]> RestoreAsync(this IFishStore store, string task, long step)
    {
        await using var reader = await store.States.OpenAsync(task, StepRef.At(step));
        return await reader.ReadAsync();
    }
}
