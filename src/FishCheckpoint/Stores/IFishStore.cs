using FishCheckpoint.Access;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Stores;

/// <summary>
/// Keeps bases, tasks and their checkpoints, in parts: whoever needs one part takes that alone. Safe for use by many callers at once.
/// <list type="bullet">
/// <item>A save that returned is committed and synced; one that threw, or was killed, is absent or complete, never half.</item>
/// <item>Saves are idempotent: the same again answers <see cref="Checkpoints.Saved{T}.Created"/> = <see langword="false"/>; other content
/// for a taken
/// key is refused.</item>
/// <item>Every refusal is a <see cref="FishException"/> and changes nothing.</item>
/// <item>Nothing damaged is ever given out as good.</item>
/// </list>
/// Every implementation has every part, and passes the same contract suite (tests/FishCheckpoint.Contract). Parts belong to their store,
/// and end with it.
/// </summary>
public interface IFishStore : IDisposable, IAsyncDisposable
{
    /// <summary>The models that tasks start from.</summary>
    IBases Bases { get; }

    /// <summary>The tasks, each with the checkpoints of one training.</summary>
    ITasks Tasks { get; }

    /// <summary>The checkpoints, with their tags and pins.</summary>
    ICheckpoints Checkpoints { get; }

    /// <summary>The states that checkpoints stand for: to read, to compare, and the trainers' own.</summary>
    IStates States { get; }

    /// <summary>What the store holds and what that takes.</summary>
    IReports Reports { get; }

    /// <summary>Work on the store as a whole: to make it smaller, to verify it, to copy it.</summary>
    IMaintenance Maintenance { get; }

    /// <summary>What happens to checkpoints, as it happens.</summary>
    IEvents Events { get; }

    /// <summary>Who may do what, how much, and who did.</summary>
    IAccessControl Access { get; }
}
