using System.Buffers.Binary;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>
/// Our own frames, mask and values. Encoding finds what changed, hashes it, and decodes every chunk again, as a save does; decoding checks all of it.
/// </summary>
/// <param name="name">What it is called.</param>
/// <param name="options">Compression.</param>
internal sealed class Ours(string name, CodecOptions options) : IPeer
{
    private static readonly string Spool = Path.Combine(Path.GetTempPath(), "fish-sizes");

    public string Name => name;

    /// <summary>The contenders of our own; others are compared with the first.</summary>
    public static IReadOnlyList<Ours> All => [new("FishCheckpoint", new CodecOptions())];

    public byte[] Encode(Checkpoint before, Checkpoint after)
    {
        using var delta = DeltaEncoder.Encode(new StateDiff(before, after), before, default, options, Spool);
        var (mask, values) = (MemoryFrame.ToArray(delta.Mask!), MemoryFrame.ToArray(delta.Values));
        return [.. BitConverter.GetBytes(mask.Length), .. mask, .. values];
    }

    public void Decode(Checkpoint before, byte[] encoded, Checkpoint target)
    {
        var end = sizeof(int) + BinaryPrimitives.ReadInt32LittleEndian(encoded);
        var (mask, values) = (MemoryFrame.Read(encoded.AsMemory(sizeof(int), end - sizeof(int))), MemoryFrame.Read(encoded.AsMemory(end)));
        using var decoder = new DeltaDecoder(mask, values, target.Layout, before);
        var chunk = new DeltaChunk();
        while (decoder.Read(chunk))
        {
            Units.Scatter(target.Tensors[chunk.Tensor], chunk.Positions, 0, chunk.UnitSize, chunk.Values);
        }
    }

    /// <summary>The mask's frame alone, for a delta.</summary>
    public byte[] EncodeMask(IDeltaReader delta)
    {
        using var encoded = DeltaEncoder.Encode(delta, null, default, options, Spool);
        return MemoryFrame.ToArray(encoded.Mask!);
    }

    /// <summary>Decodes a mask: the mirror of <see cref="EncodeMask"/>.</summary>
    public static Mask DecodeMask(byte[] encoded, Layout layout)
    {
        using var decoder = new MaskDecoder(MemoryFrame.Read(encoded), layout);
        var tensors = new Dictionary<int, List<long>>();
        while (decoder.Next is { } entry)
        {
            var positions = new long[entry.Count];
            decoder.ReadNext(positions);
            (tensors.TryGetValue(entry.Tensor, out var known) ? known : tensors[entry.Tensor] = []).AddRange(positions);
        }

        return Mask.Create(layout, tensors.Select(tensor => new TensorMask(tensor.Key, tensor.Value.ToArray())));
    }
}
