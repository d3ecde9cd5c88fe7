using System.Security.Cryptography;

namespace FishCheckpoint.Interchange.Hashing;

/// <summary>SHA-256 (FIPS 180-4), by the framework.</summary>
public sealed class Sha256Hash : IContentHash, IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> bytes) => hash.AppendData(bytes);

    /// <inheritdoc/>
    public string Finish() => Convert.ToHexStringLower(hash.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose() => hash.Dispose();
}
