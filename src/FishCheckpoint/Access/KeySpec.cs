using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Access;

/// <summary>What a key is to be.</summary>
/// <param name="Name">Its name, which no other key has that is not revoked.</param>
/// <param name="Scope">How far it reaches.</param>
/// <param name="Tasks">Tasks that it is limited to: names, or beginnings of names that end in <c>*</c>; <see langword="null"/>: all tasks,
/// and the store as a whole.</param>
/// <param name="Expires">From when on it is not taken any more; <see langword="null"/>: never.</param>
/// <param name="QuotaBytes">The most stored bytes that its checkpoints and bases take together; <see langword="null"/>: no limit.</param>
public sealed record KeySpec(
    string Name, KeyScope Scope, IReadOnlyList<string>? Tasks = null, DateTimeOffset? Expires = null, long? QuotaBytes = null)
{
    /// <summary>Returns this, or refuses it.</summary>
    /// <param name="now">The time.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.RequestInvalid"/>.</exception>
    public KeySpec Validate(DateTimeOffset now)
    {
        Names.Check(Name ?? "", "key");
        TaskLimits.Check(Tasks);
        Require(Enum.IsDefined(Scope), "scope", $"{Scope} is no scope.", "Give read, write or admin.");
        Require(Expires is null || Expires > now, "expires", $"The key would have expired at {Expires:u}.", "Give a time that is to come.");
        Require(QuotaBytes is null or >= 0, "quotaBytes", $"{QuotaBytes} bytes are no quota.", "Give 0 or more, or leave it out.");
        return this;
    }

    private static void Require(bool holds, string key, string cause, string hint)
    {
        if (!holds)
        {
            throw new FishException(ErrorCode.RequestInvalid, key, cause, hint);
        }
    }
}
