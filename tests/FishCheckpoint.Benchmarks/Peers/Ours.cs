using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>
/// Our own frame of blocks, as a full upload is stored. Encoding finds what changed, hashes it, and decodes every block again, as a save
/// does; decoding is what a restore does, checksums and all.
/// </summary>
/// <param name="name">What it is called.</param>
/// <param name="options">Effort.</param>
internal sealed class Ours(string name, CodecOptions options) : IPeer
{
    private static readonly string Spool = Path.Combine(Path.GetTempPath(), "fish-sizes");

    public string Name => name;

    /// <summary>The contenders of our own; others are compared with the first.</summary>
    public static IReadOnlyList<Ours> All =>
    [
        new("FishCheckpoint small", new CodecOptions { Effort = CodecEffort.Small }),
        new("FishCheckpoint fast", new CodecOptions { Effort = CodecEffort.Fast }),
    ];

    public byte[] Encode(Checkpoint before, Checkpoint after)
    {
        using var delta = BlocksEncoder.TryEncode(new StateDiff(before, after), before, default, options, Spool)!;
        return MemoryFrame.ToArray(delta.Values);
    }

    public void Decode(Checkpoint before, byte[] encoded, Checkpoint target)
    {
        var delta = DeltaCursor.Open(null, [MemoryFrame.Read(encoded)], target.Layout, name);
        for (var tensor = 0; tensor < target.Layout.Tensors.Count; tensor++)
        {
            var info = target.Layout.Tensors[tensor];
            for (var block = 0L; block < Blocks.CountOf(info); block++)
            {
                var length = Blocks.LengthOf(info, block);
                delta.Apply(tensor, block, target.Tensors[tensor].AsSpan((int)(block * Blocks.Size), length));
            }
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

/// <summary>A frame in memory.</summary>
internal sealed record MemoryFrame(ReadOnlyMemory<byte> Head, ReadOnlyMemory<byte> Payload) : IFrame
{
    public long PayloadLength => Payload.Length;

    /// <summary>Reads the frame at the front of some bytes, which end where it ends.</summary>
    public static MemoryFrame Read(ReadOnlyMemory<byte> bytes)
    {
        var length = FrameHead.ReadLength(bytes.Span[..FrameHead.FixedLength], bytes.Length);
        return new MemoryFrame(bytes[..length], bytes[length..]);
    }

    /// <summary>A frame's bytes: its head and its chunks.</summary>
    public static byte[] ToArray(IFrame frame)
    {
        var bytes = new byte[frame.Head.Length + frame.PayloadLength];
        frame.Head.CopyTo(bytes);
        frame.ReadPayload(0, bytes.AsSpan(frame.Head.Length));
        return bytes;
    }

    public void ReadPayload(long offset, Span<byte> destination) => Payload.Span.Slice((int)offset, destination.Length).CopyTo(destination);
}
