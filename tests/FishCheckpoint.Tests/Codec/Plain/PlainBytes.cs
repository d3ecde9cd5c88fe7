namespace PlainFormat;

/// <summary>The input does not follow the format's pages.</summary>
internal sealed class RefusedException(string code) : Exception(code)
{
    public static void Unless(bool condition, string code = "CORRUPT_FRAME")
    {
        if (!condition)
        {
            throw new RefusedException(code);
        }
    }
}

/// <summary>A cursor over bytes (C1).</summary>
internal sealed class PlainBytes(byte[] data)
{
    public byte[] Data => data;

    public int At { get; set; }

    public int Left => data.Length - At;

    public byte[] Take(long count)
    {
        RefusedException.Unless(count >= 0 && count <= Left);
        At += (int)count;
        return data[(At - (int)count)..At];
    }

    public ulong Number(int size)
    {
        var (value, bytes) = (0UL, Take(size));
        for (var index = 0; index < size; index++)
        {
            value |= (ulong)bytes[index] << (8 * index);
        }

        return value;
    }

    public int Byte() => (int)Number(1);

    public long Varint()
    {
        var value = 0UL;
        for (var index = 0; index < 10; index++)
        {
            var part = Number(1);
            RefusedException.Unless(index < 9 || part <= 1);
            value |= (part & 0x7F) << (7 * index);
            if (part < 0x80)
            {
                // No number of the format is larger.
                RefusedException.Unless(value <= long.MaxValue);
                return (long)value;
            }
        }

        throw new RefusedException("CORRUPT_FRAME");
    }
}
