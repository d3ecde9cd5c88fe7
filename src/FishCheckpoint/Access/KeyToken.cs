using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Access;

/// <summary>
/// The token that a key's holder sends: <c>fish_ID_SECRET</c>, the id 12 hexadecimal digits, the secret 256 random bits in base64url. What
/// is stored is the secret's SHA-256: a hash that is slow on purpose protects secrets that can be guessed, and nobody guesses 256 random
/// bits; a fast one costs a request nothing.
/// </summary>
internal static partial class KeyToken
{
    private const string Prefix = "fish_";
    private const int IdLength = 12;
    private const int SecretBytes = 32;
    private const int SecretLength = 43;

    /// <summary>Makes a token.</summary>
    /// <returns>The key's id, the whole token, and the hash that is kept of it.</returns>
    public static (string Id, string Token, Digest Hash) Create()
    {
        var id = RandomNumberGenerator.GetHexString(IdLength, lowercase: true);
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        return (id, $"{Prefix}{id}_{secret}", HashOf(secret));
    }

    /// <summary>Takes a token apart: the mirror of <see cref="Create"/>.</summary>
    /// <param name="token">What was sent.</param>
    /// <param name="id">The key's id.</param>
    /// <param name="hash">The hash of the secret.</param>
    /// <returns><see langword="false"/> when it has not the form of one.</returns>
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

    /// <summary>Puts dots in the place of every secret in a text that is to be shown.</summary>
    public static string Redact(string text) => Inside().Replace(text, "fish_${id}_...");

    private static Digest HashOf(string secret) => Digest.Of(Encoding.ASCII.GetBytes(secret));

    [GeneratedRegex("^fish_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Whole();

    [GeneratedRegex("fish_(?<id>[0-9a-f]{12})_[A-Za-z0-9_-]+", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Inside();
}
