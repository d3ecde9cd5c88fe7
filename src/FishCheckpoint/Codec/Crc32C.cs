using System.Numerics;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>CRC-32C (Castagnoli; RFC 3720, appendix B.4), with the processor's instruction if available.</summary>
// Own code, because System.IO.Hashing takes twice the time on 64 KiB and more (a fifth less on 4 KiB); see ChecksumLoops.
internal static class Crc32C
{
    // The instruction has a latency of three cycles and a throughput of one, so three pieces are summed in parallel and combined.
    private const int Run = 4096;
    private const int Words = Run / sizeof(ulong);

    private static readonly uint[] Skips = MakeSkips();

    /// <summary>The checksum of bytes.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => Append(0, data);

    /// <summary>The checksum of bytes that continue those of <paramref name="crc"/>.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        crc = ~crc;
        for (; data.Length >= 3 * Run; data = data[(3 * Run)..])
        {
            crc = AppendThreeRuns(crc, MemoryMarshal.Cast<byte, ulong>(data[..(3 * Run)]));
        }

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

    private static uint AppendThreeRuns(uint crc, ReadOnlySpan<ulong> words)
    {
        var first = words[..Words];
        var second = words.Slice(Words, Words);
        var third = words.Slice(2 * Words, Words);
        var (secondCrc, thirdCrc) = (0u, 0u);
        for (var index = 0; index < first.Length; index++)
        {
            crc = BitOperations.Crc32C(crc, first[index]);
            secondCrc = BitOperations.Crc32C(secondCrc, second[index]);
            thirdCrc = BitOperations.Crc32C(thirdCrc, third[index]);
        }

        return SkipRun(SkipRun(crc) ^ secondCrc) ^ thirdCrc;
    }

    // The register after a piece of zeros. It is linear in its bits, so four tables of its bytes suffice.
    private static uint SkipRun(uint crc) =>
        Skips[crc & 0xFF] ^ Skips[0x100 + ((crc >> 8) & 0xFF)] ^ Skips[0x200 + ((crc >> 16) & 0xFF)] ^ Skips[0x300 + (crc >> 24)];

    private static uint[] MakeSkips()
    {
        var skips = new uint[4 * 0x100];
        for (var bit = 0; bit < 32; bit++)
        {
            var (crc, table, value) = (1u << bit, (bit / 8) * 0x100, 1 << (bit % 8));
            for (var word = 0; word < Words; word++)
            {
                crc = BitOperations.Crc32C(crc, 0ul);
            }

            // Fills each table by doubling: an entry with this bit is the entry without it, plus the bit.
            for (var lower = 0; lower < value; lower++)
            {
                skips[table + value + lower] = skips[table + lower] ^ crc;
            }
        }

        return skips;
    }
}
