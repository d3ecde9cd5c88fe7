using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>Reads a stored checkpoint's delta in any form. Verifies all checksums and, at the end, the digests.</summary>
internal sealed class StoredDeltaReader : IDeltaReader, IDisposable
{
    private readonly BlocksDecoder? blocks;
    private readonly DeltaDecoder? masked;

    /// <param name="frames">Its frames.</param>
    /// <param name="layout">The layout of the positions.</param>
    /// <param name="parent">The parent of the delta.</param>
    public StoredDeltaReader(StoredFrames frames, Layout layout, IBlockReader parent)
    {
        Layout = layout;
        blocks = frames.Mask is null ? new BlocksDecoder(frames.Values[^1], layout, parent) : null;
        masked = frames.Mask is null ? null : new DeltaDecoder(frames.Mask, frames.Values, layout, parent);
    }

    public Layout Layout { get; }

    public bool Read(DeltaChunk chunk) => blocks?.Read(chunk) ?? masked!.Read(chunk);

    /// <summary>Reads and verifies the rest.</summary>
    public void ReadToEnd(CancellationToken cancellationToken)
    {
        var chunk = new DeltaChunk();
        while (Read(chunk))
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public void Dispose()
    {
        blocks?.Dispose();
        masked?.Dispose();
    }
}
