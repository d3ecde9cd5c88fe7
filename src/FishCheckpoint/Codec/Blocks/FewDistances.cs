using System.Numerics;

namespace FishCheckpoint.Codec;

/// <summary>Distances of a block in which so few units have changed that a table would take more: each magnitude in Elias' gamma code, then
/// its sign.</summary>
internal static class FewDistances
{
    /// <summary>The most for which no table is made at all.</summary>
    public const int Surely = 48;

    /// <summary>The most for which a table may take more.</summary>
    public const int Most = 256;

    /// <summary>Encodes zigzag distances, none of them 0.</summary>
    /// <param name="zigzags">At most <see cref="Most"/>.</param>
    /// <param name="destination">Room for twice as many bytes, and a few.</param>
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

    /// <summary>Decodes: the mirror of <see cref="Encode"/>.</summary>
    /// <returns>Bytes read; -1 where they are not what an encoder writes.</returns>
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
