using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Access;

/// <summary>
/// The token that a client sends: <c>fish_ID_SECRET</c>, with an id of 12 hexadecimal digits and a secret of 256 random bits in base64url.
/// The store keeps the SHA-256 of the secret. Slow hashes protect weak secrets; 256 random bits need none.
/// </summary>
internal static partial class KeyToken
{
    private const string Prefix = "fish_";
    private const int IdLength = 12;
    private const int SecretBytes = 32;
    private const int SecretLength = 43;

    /// <summary>Creates a token.</summary>
    /// <returns>The key's id, the whole token, and the hash to store.</returns>
    public static (string Id, string Token, Digest Hash) Create()
    {
        var id = RandomNumberGenerator.GetHexString(IdLength, lowercase: true);
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return (id, $"{Prefix}{id}_{secret}", HashOf(secret));
    }

    /// <summary>Splits a token into id and hash: the inverse of <see cref="Create"/>.</summary>
    /// <param name="token">The text that the client sent.</param>
    /// <param name="id">The key's id.</param>
    /// <param name="hash">The hash of the secret.</param>
    /// <returns><see langword="false"/> if the text is not a token.</returns>
    public static bool TryParse(string token, out string id, out Digest hash)
    {
        (id, hash) = ("", default);
        if (token.Length != Prefix.Length + IdLength + 1 + SecretLength || !Whole().IsMatch(token))
        {
            return false;
        }

        (id, hash) = (token.Substring(Prefix.Length, IdLength), HashOf(token[^SecretLength..]));
        return true;
    }

    /// <summary>Replaces every secret in a text with dots.</summary>
    public static string Redact(string text) => Inside().Replace(text, "fish_${id}_...");

    private static Digest HashOf(string secret) => Digest.Of(Encoding.ASCII.GetBytes(secret));

    [GeneratedRegex("^fish_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Whole();

    [GeneratedRegex("fish_(?<id>[0-9a-f]{12})_[A-Za-z0-9_-]+", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Inside();
}
