namespace FishCheckpoint.Torch;

/// <summary>CRC-32 as in zip files (polynomial 0xEDB88320), eight bytes at a time.</summary>
internal static class Crc32
{
    private static readonly uint[] Table = Create();

    /// <summary>Goes on with a checksum.</summary>
    /// <param name="crc">What came before; 0 at the start.</param>
    /// <param name="bytes">What follows.</param>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        ReadOnlySpan<uint> table = Table;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            var low = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            var high = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = table[(7 * 256) + (int)(low & 0xFF)] ^ table[(6 * 256) + (int)((low >> 8) & 0xFF)]
                ^ table[(5 * 256) + (int)((low >> 16) & 0xFF)] ^ table[(4 * 256) + (int)(low >> 24)]
                ^ table[(3 * 256) + (int)(high & 0xFF)] ^ table[(2 * 256) + (int)((high >> 8) & 0xFF)]
                ^ table[256 + (int)((high >> 16) & 0xFF)] ^ table[(int)(high >> 24)];
        }

        foreach (var value in bytes)
        {
            crc = table[(int)((crc ^ value) & 0xFF)] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint[] Create()
    {
        var table = new uint[8 * 256];
        for (var value = 0u; value < 256; value++)
        {
            var crc = value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
            }

            table[value] = crc;
        }

        for (var index = 256; index < table.Length; index++)
        {
            table[index] = table[(int)(table[index - 256] & 0xFF)] ^ (table[index - 256] >> 8);
        }

        return table;
    }
}
