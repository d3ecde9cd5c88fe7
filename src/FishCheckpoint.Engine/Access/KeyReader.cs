using System.Security.Cryptography;
using FishCheckpoint.Access;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Access;

/// <summary>
/// Looks up keys. Reads the catalog at each request, so a key that another process made or revoked counts at once. One indexed read on an
/// open view costs less than keeping a cache coherent.
/// </summary>
internal sealed class KeyReader(ICatalog catalog) : IDisposable
{
    // Compared for an unknown id, so that it takes as long as a known one.
    private static readonly byte[] NoHash = new byte[Digest.Size];

    private readonly Lock gate = new();
    private ICatalogSession? session;

    /// <summary>Finds the key of a token.</summary>
    /// <returns><see langword="null"/> if the token is malformed or its key is unknown or not valid.</returns>
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
