using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about what is stored, when each thing was verified, and what damage affects.</summary>
internal interface IVerificationRows
{
    List<AffectedCheckpoint> AffectedByMask(Digest mask);

    List<AffectedCheckpoint> AffectedByCheckpoint(long checkpoint);

    List<AffectedCheckpoint> AffectedByState(long checkpoint);

    List<AffectedCheckpoint> AffectedBySideFile(long file);

    List<AffectedCheckpoint> AffectedByTask(long task);

    List<AffectedCheckpoint> AffectedByHeaders(Digest headers);

    /// <summary>When something was last verified in full.</summary>
    DateTimeOffset? Last();

    List<KnownDamage> Damage();

    List<VerifyItem> Inventory(bool quick, long? task);
}

/// <summary>Changes what is stored, when each thing was verified, and what damage affects.</summary>
internal interface IVerificationChanges : IVerificationRows
{
    void Mark(VerifyItem item, IReadOnlyList<Finding> findings, bool quick, DateTimeOffset now);

    /// <summary>Forgets what a round over everything has not met: it is not stored any more.</summary>
    void Sweep(bool quick, DateTimeOffset started, DateTimeOffset now);
}
