using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>Content whose digest is known before it is read.</summary>
internal interface IDigestedContent
{
    /// <summary>SHA-256 of all of its bytes.</summary>
    Digest Sha256 { get; }
}
