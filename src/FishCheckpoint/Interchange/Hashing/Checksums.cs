using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Hashing;

/// <summary>The checksums that the formats name, by the names that they use.</summary>
public static class Checksums
{
    /// <summary>XXH3 with 128 bits.</summary>
    public const string Xxh3 = "xxh3-128";

    /// <summary>BLAKE3 with 256 bits.</summary>
    public const string Blake3 = "blake3";

    /// <summary>Adler-32.</summary>
    public const string Adler32 = "adler32";

    /// <summary>SHA-256.</summary>
    public const string Sha256 = "sha256";

    /// <summary>Begins a checksum.</summary>
    /// <param name="name">One of the names above.</param>
    /// <param name="key">Whom it concerns, for the error.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: no checksum has this name.</exception>
    public static IContentHash Create(string name, string key) => name switch
    {
        Xxh3 => new Xxh3Hash(),
        Blake3 => new Blake3Hash(),
        Adler32 => new Adler32Hash(),
        Sha256 => new Sha256Hash(),
        _ => throw new FishException(
            ErrorCode.VersionInvalid, key, $"'{(name.Length <= 40 ? name : name[..40])}' is no checksum that is known here.",
            $"Known are {Xxh3}, {Blake3}, {Adler32} and {Sha256}."),
    };
}
