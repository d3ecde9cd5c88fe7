using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>A model in memory: what every contender is given, and what it has to give back.</summary>
/// <param name="Layout">Names, dtypes and shapes.</param>
/// <param name="Tensors">The bytes of each tensor, in the layout's order.</param>
internal sealed record Checkpoint(Layout Layout, byte[][] Tensors) : IBlockReader
{
    /// <summary>Reads a safetensors file.</summary>
    public static Checkpoint Load(string path)
    {
        using var file = SafetensorsFile.Open(path);
        var tensors = file.Header.Tensors.Select(tensor =>
        {
            var bytes = new byte[tensor.Info.Bytes];
            file.ReadData(tensor.Begin, bytes);
            return bytes;
        });
        return new Checkpoint(file.Header.ToLayout(), [.. tensors]);
    }

    /// <summary>The model as a safetensors file.</summary>
    public byte[] ToFileBytes() => Safetensors.Write(Layout.Tensors.Zip(Tensors, (info, bytes) => (info, bytes)));

    /// <summary>A model of its own with the same bytes.</summary>
    public Checkpoint Copy() => new(Layout, [.. Tensors.Select(tensor => (byte[])tensor.Clone())]);

    /// <summary>Takes over the bytes of another one of the same layout.</summary>
    public void Become(Checkpoint other)
    {
        for (var index = 0; index < Tensors.Length; index++)
        {
            other.Tensors[index].CopyTo(Tensors[index], 0);
        }
    }

    /// <summary>Whether every byte is the same.</summary>
    public bool Equals(Checkpoint? other) => other is not null && Layout.Id == other.Layout.Id
        && Tensors.Zip(other.Tensors).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));

    /// <inheritdoc/>
    public override int GetHashCode() => Layout.Id.GetHashCode();

    /// <inheritdoc/>
    public void ReadBlock(int tensor, long block, Span<byte> destination) =>
        Tensors[tensor].AsSpan((int)(block * Blocks.Size), destination.Length).CopyTo(destination);
}

/// <summary>The whole new model as a safetensors file under zstd: what is stored where nothing is known of the model before.</summary>
internal sealed class DenseFile(int level) : IPeer
{
    public string Name => $"dense safetensors + zstd-{level}";

    public byte[] Encode(Checkpoint before, Checkpoint after) => Zstandard.Compress(after.ToFileBytes(), level);

    public void Decode(Checkpoint before, byte[] encoded, Checkpoint target)
    {
        var file = new byte[Zstandard.ContentSize(encoded)];
        Zstandard.Decompress(encoded, file);
        Place(file, target);
    }

    /// <summary>Takes a model's tensors out of a safetensors file.</summary>
    public static void Place(byte[] file, Checkpoint target)
    {
        var opened = Safetensors.Read(file);
        for (var tensor = 0; tensor < target.Tensors.Length; tensor++)
        {
            opened.TryGet(target.Layout.Tensors[tensor].Name, out var bytes, out _);
            bytes.CopyTo(target.Tensors[tensor]);
        }
    }
}
