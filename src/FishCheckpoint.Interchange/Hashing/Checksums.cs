using System.IO.Hashing;
using System.Security.Cryptography;
using Blake3;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Interchange.Hashing;

/// <summary>The checksums of the formats, under the formats' names.</summary>
internal static class Checksums
{
    /// <summary>XXH3 with 128 bits, seed 0 and the default secret, in its canonical form.</summary>
    public const string Xxh3 = "xxh3-128";

    /// <summary>BLAKE3 with 256 bits.</summary>
    public const string Blake3 = "blake3";

    /// <summary>Adler-32.</summary>
    public const string Adler32 = "adler32";

    /// <summary>SHA-256.</summary>
    public const string Sha256 = "sha256";

    /// <summary>Starts a checksum.</summary>
    /// <param name="name">One of the names above.</param>
    /// <param name="key">The version, for errors.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: no checksum has this name.</exception>
    public static ContentHash Create(string name, string key) => name switch
    {
        Xxh3 => Of(new XxHash128()),
        Adler32 => Of(new Adler32()),
        Blake3 => Of(Hasher.New()),
        Sha256 => Of(IncrementalHash.CreateHash(HashAlgorithmName.SHA256)),
        _ => throw new FishException(
            ErrorCode.VersionInvalid, key, $"'{(name.Length <= 40 ? name : name[..40])}' is not a known checksum.",
            $"Known are {Xxh3}, {Blake3}, {Adler32} and {Sha256}."),
    };

    private static ContentHash Of(NonCryptographicHashAlgorithm hash) => new(hash.Append, hash.GetCurrentHash);

    private static ContentHash Of(Hasher hash) => new(hash.Update, () => hash.Finalize().AsSpan().ToArray());

    private static ContentHash Of(IncrementalHash hash) => new(hash.AppendData, hash.GetCurrentHash);
}
