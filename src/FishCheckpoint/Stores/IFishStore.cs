using FishCheckpoint.Access;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Stores;

/// <summary>
/// Stores bases, tasks and their checkpoints. Callers take only the part that they need. Safe for concurrent use.
/// <list type="bullet">
/// <item>A save that returned is committed and synced. One that threw or was killed is absent or complete, never partial.</item>
/// <item>Saves are idempotent: a repeated save returns <see cref="Checkpoints.Saved{T}.Created"/> = <see langword="false"/>; other content
/// for a taken key is refused.</item>
/// <item>Every refusal is a <see cref="FishException"/> and changes nothing.</item>
/// <item>Damaged data is never returned as good.</item>
/// </list>
/// Every implementation has every part and passes the same contract suite (tests/FishCheckpoint.Contract). Parts are disposed with their
/// store.
/// </summary>
public interface IFishStore : IDisposable, IAsyncDisposable
{
    /// <summary>The models that tasks start from.</summary>
    IBases Bases { get; }

    /// <summary>The tasks, each with the checkpoints of one training.</summary>
    ITasks Tasks { get; }

    /// <summary>The checkpoints, with their tags and pins.</summary>
    ICheckpoints Checkpoints { get; }

    /// <summary>The models that checkpoints represent, to read and compare, and the trainer states.</summary>
    IStates States { get; }

    /// <summary>What the store contains, and its disk usage.</summary>
    IReports Reports { get; }

    /// <summary>Work on the whole store: fold, recode, collect, verify, back up.</summary>
    IMaintenance Maintenance { get; }

    /// <summary>Changes to checkpoints, live.</summary>
    IEvents Events { get; }

    /// <summary>Keys, quotas and the audit log.</summary>
    IAccessControl Access { get; }
}
