using FishCheckpoint.Access;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>The options of every store, independent of the storage.</summary>
public abstract record EngineOptions
{
    /// <summary>How deltas are encoded. Default: Zstandard, level 1.</summary>
    public CodecOptions Codec { get; init; } = new();

    /// <summary>How bases that are added are stored. Default: as sent.</summary>
    public BaseCompression Bases { get; init; } = BaseCompression.None;

    /// <summary>The longest accepted safetensors header, in bytes. Default: 100,000,000.</summary>
    public int MaxHeaderBytes { get; init; } = SafetensorsHeader.MaxLength;

    /// <summary>The longest accepted file of a base, in bytes. Default: 1 TiB.</summary>
    public long MaxUploadBytes { get; init; } = 1L << 40;

    /// <summary>The longest accepted trainer state, in bytes. Default: 64 GiB.</summary>
    public long MaxTrainerStateBytes { get; init; } = 1L << 36;

    /// <summary>
    /// The highest cost of reading a checkpoint, as a multiple of the bytes of its base and one delta. A save that would exceed it is based
    /// on an earlier state of its chain. Default: 3.
    /// </summary>
    public double MaxReadCost { get; init; } = 3;

    /// <summary>The most deltas between a checkpoint and its base. A read holds one decoded chunk for each. Default: 128.</summary>
    public int MaxChainDepth { get; init; } = 128;

    /// <summary>
    /// Bytes of memory for parents' values at the positions of masks, so that saves with a fixed mask need not read the base. Default: 64
    /// MiB.
    /// </summary>
    public long ParentCacheBytes { get; init; } = 1L << 26;

    /// <summary>
    /// The retention of tasks without rules of their own. Metrics are ignored: they belong to tasks. Default: everything is kept.
    /// </summary>
    public Retention? Retention { get; init; }

    /// <summary>How long anyone can bring back a deletion; it uses its bytes until then. Zero deletes at once. Default: 24 hours.</summary>
    public TimeSpan DeletionGrace { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Bytes of the store's disk that must stay free, at most a quarter of the disk. A save that finds less ends the grace of the oldest
    /// deletions first, until enough is free or nothing more would help. Zero turns this off. Default: 256 MiB.
    /// </summary>
    public long MinFreeBytes { get; init; } = 256L << 20;

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>
    /// Receives the progress of verification, backup, recoding, folding and collection, on the thread that does the work. Default: none.
    /// </summary>
    public IProgress<WorkProgress>? Progress { get; init; }

    /// <summary>Returns the caller; runs inside every write. Default: the user who runs this program.</summary>
    public Func<Caller> Caller { get; init; } = static () => FishCheckpoint.Access.Caller.Local;

    /// <summary>How much of the audit log is kept. Default: 200,000 entries, of which 20,000 refusals, from the last 365 days.</summary>
    public AuditOptions Audit { get; init; } = new();

    /// <summary>The folder for this process's temporary files, which hold what does not fit into memory.</summary>
    public abstract string TemporaryFolder { get; }

    /// <summary>The grace of a deletion that happens now.</summary>
    internal Grace Grace => new(Time.GetUtcNow(), DeletionGrace);

    /// <summary>Throws if an option is out of its range.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>.</exception>
    internal void Validate()
    {
        if (DeletionGrace < TimeSpan.Zero)
        {
            throw new FishException(
                ErrorCode.RequestInvalid, nameof(DeletionGrace), $"The grace {DeletionGrace} is negative.", "Set it to zero or more.");
        }
    }
}
