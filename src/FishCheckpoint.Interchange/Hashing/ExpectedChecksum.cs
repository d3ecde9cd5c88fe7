using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Hashing;

/// <summary>The required checksum of some content.</summary>
/// <param name="Algorithm">One of the names of <see cref="Checksums"/>.</param>
/// <param name="Hex">In hexadecimal.</param>
internal readonly record struct ExpectedChecksum(string Algorithm, string Hex)
{
    /// <summary>Refuses another checksum.</summary>
    /// <param name="found">The computed checksum, in hexadecimal.</param>
    /// <param name="key">The content's name, for errors.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.DigestMismatch"/>.</exception>
    public void Require(string found, string key)
    {
        if (!string.Equals(Hex, found, StringComparison.OrdinalIgnoreCase))
        {
            throw new FishException(
                ErrorCode.DigestMismatch, key,
                $"The delta's result has the {Algorithm} {found}; the version expects {(Hex.Length <= 80 ? Hex : Hex[..80])}.",
                "The version is damaged or belongs to another state; nothing was saved.");
        }
    }
}
