using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Import;

/// <summary>A tensor and its change, a block at a time; verified by its checksum at the end.</summary>
internal sealed class PatchedTensor : IDisposable
{
    private readonly byte[] before = new byte[Blocks.Size];
    private readonly byte[] after = new byte[Blocks.Size];
    private readonly TensorInfo info;
    private readonly string key;
    private readonly TensorPatch patch;
    private readonly TensorStream below;
    private readonly ContentHash? hash;
    private readonly ExpectedChecksum? expected;
    private long block = -1;

    public PatchedTensor(IModelReader model, IVersionDelta delta, TensorInfo info, string version, CancellationToken cancellation)
    {
        (this.info, key, expected) = (info, $"{version}: {info.Name}", delta.ChecksumOf(info.Name));
        hash = expected is { } checksum ? Checksums.Create(checksum.Algorithm, key) : null;
        patch = delta.Open(info.Name, info);
        below = TensorStream.Open(model, info.Name, cancellation);
    }

    /// <summary>The number of the last block.</summary>
    public long Block => block;

    /// <summary>Its bytes before the change.</summary>
    public ReadOnlySpan<byte> Before => before.AsSpan(0, Blocks.LengthOf(info, block));

    /// <summary>Reads the next changed block. Returns an empty span after the last one, when the checksum was verified.</summary>
    /// <exception cref="FishException">The change is damaged, or the checksum differs.</exception>
    public ReadOnlySpan<byte> Next()
    {
        if (++block >= Blocks.CountOf(info))
        {
            Finish();
            return [];
        }

        var old = before.AsSpan(0, Blocks.LengthOf(info, block));
        var changed = after.AsSpan(0, old.Length);
        below.Read(old);
        old.CopyTo(changed);
        patch.Apply(changed, block * Blocks.Size);
        hash?.Append(changed);
        return changed;
    }

    public void Dispose()
    {
        below.Dispose();
        patch.Dispose();
    }

    private void Finish()
    {
        patch.Finish();
        if (expected is { } checksum)
        {
            checksum.Require(hash!.Finish(), key);
        }
    }
}
