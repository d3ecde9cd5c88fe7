using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Bases;

/// <summary>What bases are taken, and how they are kept.</summary>
/// <param name="Compression">How the files of tensors are kept.</param>
/// <param name="MaxHeaderBytes">The longest safetensors header taken, in bytes.</param>
/// <param name="MaxUploadBytes">The longest file taken, in bytes.</param>
internal sealed record BaseLimits(BaseCompression Compression, int MaxHeaderBytes, long MaxUploadBytes);
