namespace FishCheckpoint.Access;

/// <summary>What a key is; its secret is known to whoever holds it, and to nobody else.</summary>
/// <param name="Id">Its identity: the part of the token that is no secret.</param>
/// <param name="Name">Its name.</param>
/// <param name="Scope">How far it reaches.</param>
/// <param name="Tasks">Tasks that it is limited to; <see langword="null"/>: all, and the store as a whole.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Expires">From when on it is not taken any more.</param>
/// <param name="Revoked">When it was revoked.</param>
/// <param name="QuotaBytes">The most stored bytes that its checkpoints and bases take together.</param>
/// <param name="StoredBytes">What they take now: checkpoints that are there, and bases as they were sent.</param>
public sealed record KeyInfo(
    string Id, string Name, KeyScope Scope, IReadOnlyList<string>? Tasks, DateTimeOffset Created, DateTimeOffset? Expires,
    DateTimeOffset? Revoked,
    long? QuotaBytes, long StoredBytes)
{
    /// <summary>Whether the key is taken at a time.</summary>
    public bool IsUsable(DateTimeOffset now) => Revoked is null && (Expires is null || now < Expires);

    /// <summary>Whether the key reaches a task.</summary>
    public bool Reaches(string task) => TaskLimits.Reach(Tasks, task);
}

/// <summary>A key that was just made: the one time that its token can be seen.</summary>
/// <param name="Key">The key.</param>
/// <param name="Token">What its holder sends, as in <c>Authorization: Bearer TOKEN</c>.</param>
public sealed record NewKey(KeyInfo Key, string Token)
{
    /// <summary>The key without its token, so that none gets into a log.</summary>
    public override string ToString() => $"{nameof(NewKey)} {Key.Name} ({Key.Id})";
}

/// <summary>What a task may store.</summary>
/// <param name="Bytes">The most stored bytes of its checkpoints; <see langword="null"/>: no limit.</param>
public sealed record TaskQuota(long? Bytes);
