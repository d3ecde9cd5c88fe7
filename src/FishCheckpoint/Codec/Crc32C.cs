using System.Numerics;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>CRC-32C (Castagnoli; RFC 3720, appendix B.4), by the processor's instruction where there is one.</summary>
public static class Crc32C
{
    /// <summary>The checksum of some bytes.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>The checksum of bytes that follow those of <paramref name="crc"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        crc = ~crc;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(data))
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (var single in data[(data.Length & ~7)..])
        {
            crc = BitOperations.Crc32C(crc, single);
        }

        return ~crc;
    }
}
