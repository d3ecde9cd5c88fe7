using FishCheckpoint.Tensors;

namespace FishCheckpoint.Deltas;

/// <summary>The values of a delta whose mask is known: an <see cref="IDeltaReader"/> without positions.</summary>
public interface IMaskedValues
{
    /// <summary>The layout that the mask refers to.</summary>
    Layout Layout { get; }

    /// <summary>The identity of the mask.</summary>
    Digest Mask { get; }

    /// <summary>The expected SHA-256 of the values; <see langword="null"/> if it was not announced.</summary>
    Digest? Announced { get; }

    /// <summary>Reads the next chunk's values. Chunks match those of the mask.</summary>
    /// <param name="chunk">The chunk to reset and fill, except for its positions.</param>
    /// <returns><see langword="false"/> at the end; the chunk is then empty.</returns>
    bool Read(DeltaChunk chunk);
}
