namespace FishCheckpoint.Interchange.Hashing;

/// <summary>A checksum over bytes that come in parts. Not safe for use by two threads at once.</summary>
/// <param name="append">Adds bytes to the checksum.</param>
/// <param name="finish">Gives the checksum, high byte first.</param>
internal sealed class ContentHash(Action<ReadOnlySpan<byte>> append, Func<byte[]> finish)
{
    /// <summary>Adds bytes. How they are cut into parts makes no difference.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => append(bytes);

    /// <summary>The checksum of all bytes added, in lower-case hexadecimal. Nothing is added afterwards.</summary>
    public string Finish() => Convert.ToHexStringLower(finish());
}
