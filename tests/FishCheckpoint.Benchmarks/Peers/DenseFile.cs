namespace FishCheckpoint.Benchmarks.Peers;

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
