namespace FishCheckpoint.Access;

/// <summary>A key without its secret.</summary>
/// <param name="Id">Its id: the public part of the token.</param>
/// <param name="Name">Its name.</param>
/// <param name="Scope">What it permits.</param>
/// <param name="Tasks">The tasks that it is limited to; <see langword="null"/> for all tasks and the whole store.</param>
/// <param name="Created">When it was created.</param>
/// <param name="Expires">When it expires.</param>
/// <param name="Revoked">When it was revoked.</param>
/// <param name="QuotaBytes">The most stored bytes for its checkpoints and bases together.</param>
/// <param name="StoredBytes">Stored bytes of its current checkpoints and uploaded bases.</param>
public sealed record KeyInfo(
    string Id, string Name, KeyScope Scope, IReadOnlyList<string>? Tasks, DateTimeOffset Created, DateTimeOffset? Expires,
    DateTimeOffset? Revoked,
    long? QuotaBytes, long StoredBytes)
{
    /// <summary>Whether the key is valid at a time.</summary>
    public bool IsUsable(DateTimeOffset now) => Revoked is null && (Expires is null || now < Expires);

    /// <summary>Whether the key gives access to a task.</summary>
    public bool Reaches(string task) => TaskLimits.Reach(Tasks, task);
}

/// <summary>A new key with its token. The token cannot be shown again.</summary>
/// <param name="Key">The key.</param>
/// <param name="Token">The token to send, as in <c>Authorization: Bearer TOKEN</c>.</param>
public sealed record NewKey(KeyInfo Key, string Token)
{
    /// <summary>The key without its token, so that logs never contain it.</summary>
    public override string ToString() => $"{nameof(NewKey)} {Key.Name} ({Key.Id})";
}

/// <summary>A task's storage quota.</summary>
/// <param name="Bytes">The most stored bytes for its checkpoints; <see langword="null"/> for no limit.</param>
public sealed record TaskQuota(long? Bytes);
