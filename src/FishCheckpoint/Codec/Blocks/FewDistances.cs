using System.Numerics;

namespace FishCheckpoint.Codec;

/// <summary>
/// Distances of a block with few changed units, for which a table would cost more: each magnitude in Elias gamma code, then its sign.
/// </summary>
internal static class FewDistances
{
    /// <summary>Up to this number, a table always costs more.</summary>
    public const int MaxWithoutTable = 48;

    /// <summary>Up to this number, a table may cost more.</summary>
    public const int MaxCount = 256;

    /// <summary>Encodes zigzag distances without zeros.</summary>
    /// <param name="zigzags">At most <see cref="MaxCount"/>.</param>
    /// <param name="destination">Space for twice the distances in bytes, and a few bytes.</param>
    /// <returns>Bytes written.</returns>
    public static int Encode<T>(ReadOnlySpan<T> zigzags, Span<byte> destination)
        where T : unmanaged, IBinaryInteger<T>
    {
        var writer = new BitWriter(destination);
        foreach (var number in zigzags)
        {
            var zigzag = ulong.CreateTruncating(number);
            var magnitude = Magnitudes.OfZigzag(zigzag);
            var bits = BitOperations.Log2(magnitude);
            writer.WriteUnary(bits);
            writer.WriteLong(magnitude & ((1UL << bits) - 1), bits);
            writer.Write(zigzag & 1, 1);
        }

        return writer.Length;
    }

    /// <summary>Decodes: the inverse of <see cref="Encode"/>.</summary>
    /// <returns>Bytes read; -1 if the bytes are invalid.</returns>
    public static int Decode<T>(ReadOnlySpan<byte> source, Span<T> zigzags)
        where T : unmanaged, IBinaryInteger<T>
    {
        var reader = new BitReader(source);
        foreach (ref var zigzag in zigzags)
        {
            var bits = reader.ReadUnary();
            if (bits >= 64)
            {
                return -1;
            }

            var magnitude = (1UL << (int)bits) | reader.ReadLong((int)bits);
            zigzag = T.CreateTruncating((magnitude << 1) - reader.Read(1));
        }

        return reader.Overrun ? -1 : reader.Length;
    }
}
