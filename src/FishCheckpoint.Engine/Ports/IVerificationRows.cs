using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads the stored items, when each was verified, and the checkpoints that damage affects.</summary>
internal interface IVerificationRows
{
    List<AffectedCheckpoint> AffectedByMask(Digest mask);

    List<AffectedCheckpoint> AffectedByCheckpoint(long checkpoint);

    List<AffectedCheckpoint> AffectedByTrainerState(long checkpoint);

    List<AffectedCheckpoint> AffectedBySideFile(long file);

    List<AffectedCheckpoint> AffectedByTask(long task);

    List<AffectedCheckpoint> AffectedByHeaders(Digest headers);

    /// <summary>The time of the last full verification of any item.</summary>
    DateTimeOffset? Last();

    List<KnownDamage> Damage();

    List<VerifyItem> Inventory(bool quick, long? task);
}

/// <summary>Records verifications.</summary>
internal interface IVerificationChanges : IVerificationRows
{
    void Mark(VerifyItem item, IReadOnlyList<Finding> findings, bool quick, DateTimeOffset now);

    /// <summary>Removes records of items that a complete round did not meet: they are no longer stored.</summary>
    void Sweep(bool quick, DateTimeOffset started, DateTimeOffset now);
}
