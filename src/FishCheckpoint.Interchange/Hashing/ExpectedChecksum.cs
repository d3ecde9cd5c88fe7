using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Hashing;

/// <summary>A checksum that something has to have.</summary>
/// <param name="Algorithm">One of the names of <see cref="Checksums"/>.</param>
/// <param name="Hex">In hexadecimal.</param>
internal readonly record struct ExpectedChecksum(string Algorithm, string Hex)
{
    /// <summary>Refuses a checksum that is another one.</summary>
    /// <param name="found">The checksum that was computed, in hexadecimal.</param>
    /// <param name="key">What it is of, for the error.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.DigestMismatch"/>.</exception>
    public void Require(string found, string key)
    {
        if (!string.Equals(Hex, found, StringComparison.OrdinalIgnoreCase))
        {
            throw new FishException(
                ErrorCode.DigestMismatch, key,
                $"The {Algorithm} of what the delta gives is {found}; the version says {(Hex.Length <= 80 ? Hex : Hex[..80])}.",
                "The version is damaged, or was made on another state; nothing of it was saved.");
        }
    }
}
