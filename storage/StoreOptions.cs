using FishCheckpoint.Access;
using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage;

/// <summary>Where a store lies and what it allows.</summary>
public sealed record StoreOptions
{
    /// <summary>The folder of the database, the bases' files and temporary files; made if missing.</summary>
    public required string DataFolder { get; init; }

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

    /// <summary>The most deltas between a checkpoint and its base that the automatic choice of a parent builds up. Default: 16.</summary>
    public int MaxChainDepth { get; init; } = 16;

    /// <summary>Bytes of memory for parents' values at the positions of masks, so that saves with a fixed mask read nothing of the base. Default: 64 MiB.</summary>
    public long ParentCacheBytes { get; init; } = 1L << 26;

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Who is at work: asked for every write, within it. Default: the user who runs this program.</summary>
    public Func<Caller> Caller { get; init; } = static () => FishCheckpoint.Access.Caller.Local;

    /// <summary>How much of the audit log is kept. Default: 200,000 entries of the last 365 days.</summary>
    public AuditOptions Audit { get; init; } = new();

    /// <summary>Where temporary files lie: on the data folder's own file system, so that they can be moved into place.</summary>
    public string TemporaryFolder => Path.Combine(DataFolder, "tmp");
}
