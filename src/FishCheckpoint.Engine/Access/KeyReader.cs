using System.Security.Cryptography;
using FishCheckpoint.Access;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Access;

/// <summary>
/// Looks keys up, for every request anew: a key that another process has made or revoked counts at once, and one row by its index on a view
/// that is kept costs less than keeping a copy true would.
/// </summary>
internal sealed class KeyReader(ICatalog catalog) : IDisposable
{
    // What an unknown id is compared with, so that it takes what a known one takes.
    private static readonly byte[] NoHash = new byte[Digest.Size];

    private readonly Lock gate = new();
    private ICatalogSession? session;

    /// <summary>The key of a token.</summary>
    /// <returns><see langword="null"/> when the token is none, or no usable key's.</returns>
    public KeyInfo? Authenticate(string token, DateTimeOffset now)
    {
        var (formed, (key, hash)) = (KeyToken.TryParse(token, out var id, out var sent), Find(id));
        return CryptographicOperations.FixedTimeEquals(sent.ToArray(), hash) && formed && key is not null && key.IsUsable(now) ? key : null;
    }

    /// <summary>Whether a key was ever made.</summary>
    public bool HasAny()
    {
        lock (gate)
        {
            return View.Keys.Any();
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            session?.Dispose();
            session = null;
        }
    }

    private ICatalogView View => (session ??= catalog.OpenLatest()).View;

    private (KeyInfo? Key, byte[] Hash) Find(string id)
    {
        lock (gate)
        {
            return View.Keys.WithHash(id) is var (key, hash) ? (key, hash) : (null, NoHash);
        }
    }
}
