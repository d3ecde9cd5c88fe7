namespace FishCheckpoint.Interchange.Hashing;

/// <summary>A checksum over bytes that come in parts. Not safe for use by two threads at once.</summary>
public interface IContentHash
{
    /// <summary>Adds bytes. How they are cut into parts makes no difference.</summary>
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>The checksum of all bytes added, in lower-case hexadecimal. Nothing is added afterwards.</summary>
    string Finish();
}
