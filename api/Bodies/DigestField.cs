using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using Microsoft.Extensions.Primitives;

namespace FishCheckpoint.Api.Bodies;

/// <summary>
/// The fields <c>Repr-Digest</c> and <c>Content-Digest</c> (RFC 9530): <c>sha-256=:BASE64:</c>; 64 hexadecimal digits are accepted too.
/// </summary>
internal static class DigestField
{
    public const string Representation = "Repr-Digest";
    public const string Content = "Content-Digest";
    public const string Wanted = "Want-Repr-Digest";

    private const string Algorithm = "sha-256=";

    /// <summary>Writes a field.</summary>
    public static string Format(Digest digest) => $"{Algorithm}:{Convert.ToBase64String(digest)}:";

    /// <summary>Whether a request asks for the SHA-256 of the content (RFC 9530, section 4); a weight of 0 means no.</summary>
    public static bool IsWanted(HttpRequest request) => Members(request.Headers[Wanted]).Any(
        member => member.StartsWith(Algorithm, StringComparison.OrdinalIgnoreCase) && member[Algorithm.Length..].Trim() != "0");

    /// <summary>Reads a field's SHA-256: the inverse of <see cref="Format"/>.</summary>
    /// <returns><see langword="null"/> if the field is missing or has only other algorithms.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    public static Digest? Read(HttpRequest request, string field)
    {
        foreach (var member in Members(request.Headers[field]))
        {
            if (member.StartsWith(Algorithm, StringComparison.OrdinalIgnoreCase))
            {
                var value = member[Algorithm.Length..];
                return TryParse(value, out var digest) ? digest : throw new FishException(
                    ErrorCode.RequestInvalid, field, $"'{value}' is not a SHA-256.", "Write sha-256=:BASE64: or sha-256=HEX.");
            }
        }

        return null;
    }

    private static IEnumerable<string> Members(StringValues values) =>
        values.SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    private static bool TryParse(string value, out Digest digest)
    {
        if (Digest.TryParse(value, out digest))
        {
            return true;
        }

        var bytes = new byte[Digest.Size];
        if (value is not [':', .. var base64, ':'] || !Convert.TryFromBase64String(base64, bytes, out var written)
            || written != Digest.Size)
        {
            return false;
        }

        digest = Digest.From(bytes);
        return true;
    }
}
