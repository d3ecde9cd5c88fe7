using System.Buffers.Binary;

namespace FishCheckpoint.Fuzz.Mutation;

/// <summary>Changes bytes that it knows nothing of.</summary>
internal static class ByteMutator
{
    private static readonly long[] Interesting =
    [
        0, 1, -1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 1 << 20, int.MaxValue,
        int.MinValue, uint.MaxValue, 1L << 32,
        long.MaxValue, long.MinValue,
    ];

    public static long Number(Random random) =>
        random.Next(4) == 0 ? random.NextInt64() >> random.Next(63) : Interesting[random.Next(Interesting.Length)];

    /// <summary>Changes a few places.</summary>
    public static byte[] Mutate(Random random, byte[] input, byte[] other)
    {
        var bytes = input;
        for (var changes = 1 << random.Next(4); changes > 0; changes--)
        {
            bytes = Once(random, bytes, other);
        }

        return bytes;
    }

    private static byte[] Once(Random random, byte[] input, byte[] other)
    {
        if (input.Length == 0)
        {
            return other.Length == 0 ? [(byte)random.Next(256)] : other[..random.Next(other.Length + 1)];
        }

        var bytes = input.ToArray();
        var (at, length) = (random.Next(bytes.Length), 1 + random.Next(1 + random.Next(Math.Min(64, bytes.Length))));
        length = Math.Min(length, bytes.Length - at);
        switch (random.Next(10))
        {
            case 0 or 1: bytes[at] ^= (byte)(1 << random.Next(8)); return bytes;
            case 2: bytes[at] = (byte)random.Next(256); return bytes;
            case 3: bytes[at] += (byte)(random.Next(2) == 0 ? 1 : 255); return bytes;
            case 4: return [.. bytes[..at], .. bytes[(at + length)..]];
            case 5: return [.. bytes[..at], .. bytes.AsSpan(random.Next(bytes.Length - length + 1), length), .. bytes[at..]];
            case 6: bytes.AsSpan(random.Next(bytes.Length - length + 1), length).CopyTo(bytes.AsSpan(at)); return bytes;
            case 7: return Splice(random, bytes, at, other);
            case 8: return Write(random, bytes, at);
            default:
                random.NextBytes(bytes.AsSpan(at, length));
                return bytes;
        }
    }

    private static byte[] Splice(Random random, byte[] bytes, int at, byte[] other)
    {
        var from = random.Next(other.Length + 1);
        return random.Next(3) > 0 ? [.. bytes[..at], .. other[from..]]
            : [.. bytes[..at], .. other.AsSpan(from, Math.Min(random.Next(64), other.Length - from)), .. bytes[at..]];
    }

    private static byte[] Write(Random random, byte[] bytes, int at)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, Number(random));
        var size = Math.Min(1 << random.Next(4), bytes.Length - at);
        number[..size].CopyTo(bytes.AsSpan(at));
        return bytes;
    }
}
