using FishCheckpoint.Benchmarks.Peers;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>A mask as one run of varints: for each tensor of the layout the number of its positions, then their gaps.</summary>
internal static class GapBytes
{
    /// <summary>Encodes a mask.</summary>
    public static byte[] Encode(Mask mask)
    {
        var (bytes, length, next) = (new byte[(mask.Count + mask.Layout.Tensors.Count) * Varint.MaxLength], 0, 0);
        for (var tensor = 0; tensor < mask.Layout.Tensors.Count; tensor++)
        {
            var positions = next < mask.Tensors.Count && mask.Tensors[next].Tensor == tensor
                ? mask.Tensors[next++].Positions.Span : default;
            length += Varint.Write(bytes.AsSpan(length), (ulong)positions.Length);
            var previous = -1L;
            foreach (var position in positions)
            {
                length += Varint.Write(bytes.AsSpan(length), (ulong)(position - previous - 1));
                previous = position;
            }
        }

        return bytes[..length];
    }

    /// <summary>Decodes one from a zstd frame: the mirror of <see cref="Encode"/> under <see cref="Zstandard.Compress"/>.</summary>
    public static Mask Decode(byte[] frame, Layout layout)
    {
        var bytes = new byte[Zstandard.ContentSize(frame)];
        Zstandard.Decompress(frame, bytes);
        ReadOnlySpan<byte> rest = bytes;
        var tensors = new List<TensorMask>();
        for (var tensor = 0; tensor < layout.Tensors.Count; tensor++)
        {
            Varint.TryRead(ref rest, out var count);
            var (positions, previous) = (new long[count], -1L);
            for (var index = 0; index < positions.Length; index++)
            {
                Varint.TryRead(ref rest, out var gap);
                positions[index] = previous += 1 + (long)gap;
            }

            tensors.Add(new TensorMask(tensor, positions));
        }

        return Mask.Create(layout, tensors);
    }
}
