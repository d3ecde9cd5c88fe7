using FishCheckpoint.Tensors;

namespace FishCheckpoint.Deltas;

/// <summary>The values of a delta whose mask is known: a <see cref="IDeltaReader"/> whose positions need not be read again.</summary>
public interface IMaskedValues
{
    /// <summary>The layout that the mask refers to.</summary>
    Layout Layout { get; }

    /// <summary>The identity of the mask.</summary>
    Digest Mask { get; }

    /// <summary>The SHA-256 that the values are said to have; <see langword="null"/> where nobody has said.</summary>
    Digest? Announced { get; }

    /// <summary>Reads the next chunk's values; chunks are those of the mask.</summary>
    /// <param name="chunk">Reset and filled, but for its positions.</param>
    /// <returns><see langword="false"/> at the end; the chunk is then empty.</returns>
    bool Read(DeltaChunk chunk);
}
