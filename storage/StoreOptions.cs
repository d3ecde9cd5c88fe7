using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage;

/// <summary>Where a store lies and what it allows.</summary>
public sealed record StoreOptions
{
    private static readonly string Owner = Guid.NewGuid().ToString("N");

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

    /// <summary>
    /// Where this process's temporary files lie: on the data folder's own file system, so that they can be moved into place. What a process that was killed has left
    /// there goes when the folder is next opened.
    /// </summary>
    public string TemporaryFolder => Path.Combine(DataFolder, "tmp", Owner);
}
