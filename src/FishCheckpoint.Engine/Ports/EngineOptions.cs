using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>What a store allows, wherever it lies.</summary>
public abstract record EngineOptions
{
    /// <summary>How deltas are encoded. Default: Zstandard, level 1.</summary>
    public CodecOptions Codec { get; init; } = new();

    /// <summary>How the files of bases that are added are kept. Default: as they were sent.</summary>
    public BaseCompression Bases { get; init; } = BaseCompression.None;

    /// <summary>The longest safetensors header taken, in bytes. Default: 100,000,000.</summary>
    public int MaxHeaderBytes { get; init; } = SafetensorsHeader.MaxLength;

    /// <summary>The longest file of a base taken, in bytes. Default: 1 TiB.</summary>
    public long MaxUploadBytes { get; init; } = 1L << 40;

    /// <summary>The longest trainer state taken, in bytes. Default: 64 GiB.</summary>
    public long MaxStateBytes { get; init; } = 1L << 36;

    /// <summary>
    /// The most that reading a checkpoint may cost, in bytes of base and frames: so many times what the base and one delta cost. A save
    /// that would cost more is based on an earlier state of its chain. Default: 3.
    /// </summary>
    public double MaxReadCost { get; init; } = 3;

    /// <summary>
    /// The most deltas between a checkpoint and its base, whatever they cost: each holds one decoded chunk while it is read. Default: 128.
    /// </summary>
    public int MaxChainDepth { get; init; } = 128;

    /// <summary>
    /// Bytes of memory for parents' values at the positions of masks, so that saves with a fixed mask read nothing of the base. Default: 64
    /// MiB.
    /// </summary>
    public long ParentCacheBytes { get; init; } = 1L << 26;

    /// <summary>
    /// The retention of tasks that have no rules of their own; what it says of a metric is left to the tasks. Default: everything is kept.
    /// </summary>
    public Retention? Retention { get; init; }

    /// <summary>
    /// How long what is deleted, by whomever, can be brought back; it takes its bytes until then. Zero: it goes at once. Default: 24 hours.
    /// </summary>
    public TimeSpan DeletionGrace { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Bytes of the store's disk that are to stay free, or a quarter of the disk where that is less: a save that finds fewer first ends the
    /// grace of what was deleted first, until they are free or nothing is left that would help. Zero: no save does. Default: 256 MiB.
    /// </summary>
    public long MinFreeBytes { get; init; } = 256L << 20;

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Told how far verifications, backups, recoding, folding and collections are, while they go on, from whichever thread does them.
    /// Default: nobody.
    /// </summary>
    public IProgress<WorkProgress>? Progress { get; init; }

    /// <summary>Who is at work: asked for every write, within it. Default: the user who runs this program.</summary>
    public Func<Caller> Caller { get; init; } = static () => FishCheckpoint.Access.Caller.Local;

    /// <summary>How much of the audit log is kept. Default: 200,000 entries, and 20,000 of refusals, of the last 365 days.</summary>
    public AuditOptions Audit { get; init; } = new();

    /// <summary>The folder of this process's temporary files, which hold what does not fit into memory.</summary>
    public abstract string TemporaryFolder { get; }

    /// <summary>The grace of what is deleted now.</summary>
    internal Grace Grace => new(Time.GetUtcNow(), DeletionGrace);

    /// <summary>Refuses options that no store can have.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    internal void Validate()
    {
        if (DeletionGrace < TimeSpan.Zero)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, nameof(DeletionGrace), $"Deletions cannot have a grace of {DeletionGrace}.",
                "Give 0 for none, or more.");
        }
    }
}
