namespace FishCheckpoint.Interchange.Hashing;

/// <summary>A checksum over bytes in parts. Not safe for concurrent use.</summary>
/// <param name="append">Adds bytes to the checksum.</param>
/// <param name="finish">Returns the checksum, high byte first.</param>
internal sealed class ContentHash(Action<ReadOnlySpan<byte>> append, Func<byte[]> finish)
{
    /// <summary>Adds bytes. The split into parts does not matter.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => append(bytes);

    /// <summary>The checksum of all added bytes, in lower-case hexadecimal. Add nothing afterwards.</summary>
    public string Finish() => Convert.ToHexStringLower(finish());
}
