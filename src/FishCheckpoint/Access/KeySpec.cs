using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Access;

/// <summary>The properties of a new key.</summary>
/// <param name="Name">Its name, unique among keys that are not revoked.</param>
/// <param name="Scope">What it permits.</param>
/// <param name="Tasks">The tasks that it is limited to: names, or prefixes that end in <c>*</c>; <see langword="null"/> for all tasks and
/// the whole store.</param>
/// <param name="Expires">When it expires; <see langword="null"/> for never.</param>
/// <param name="QuotaBytes">The most stored bytes for its checkpoints and bases together; <see langword="null"/> for no limit.</param>
public sealed record KeySpec(
    string Name, KeyScope Scope, IReadOnlyList<string>? Tasks = null, DateTimeOffset? Expires = null, long? QuotaBytes = null)
{
    /// <summary>Returns this specification, or throws if it is invalid.</summary>
    /// <param name="now">The current time.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.RequestInvalid"/>.</exception>
    public KeySpec Validate(DateTimeOffset now)
    {
        Names.Check(Name ?? "", "key");
        TaskLimits.Check(Tasks);
        Require(Enum.IsDefined(Scope), "scope", $"Unknown scope '{Scope}'.", "Use read, write or admin.");
        Require(Expires is null || Expires > now, "expires", $"The expiry time {Expires:u} is in the past.", "Give a future time.");
        Require(QuotaBytes is null or >= 0, "quotaBytes", $"The quota is {QuotaBytes} bytes.", "Give 0 or more, or omit it.");
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
