namespace FishCheckpoint.Masks;

/// <summary>Unsigned LEB128: 7 bits per byte, least significant first; every byte but the last has its high bit set.</summary>
internal static class Varint
{
    /// <summary>The longest encoding of a 64-bit number, in bytes.</summary>
    public const int MaxLength = 10;

    /// <summary>Writes a number and returns its length in bytes.</summary>
    public static int Write(Span<byte> destination, ulong value)
    {
        var length = 0;
        while (value >= 0x80)
        {
            destination[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[length++] = (byte)value;
        return length;
    }

    /// <summary>Reads a number from the front of <paramref name="source"/> and advances past it.</summary>
    /// <returns><see langword="false"/> if the source ends early or the number exceeds 64 bits.</returns>
    public static bool TryRead(ref ReadOnlySpan<byte> source, out ulong value)
    {
        value = 0;
        for (var index = 0; index < source.Length && index < MaxLength; index++)
        {
            var part = source[index];
            if (index == MaxLength - 1 && part > 1)
            {
                return false;
            }

            value |= (ulong)(part & 0x7F) << (7 * index);
            if (part < 0x80)
            {
                source = source[(index + 1)..];
                return true;
            }
        }

        return false;
    }
}
