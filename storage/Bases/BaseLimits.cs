using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Bases;

/// <summary>The limits and the form of added bases.</summary>
/// <param name="Compression">The form of files with tensors.</param>
/// <param name="MaxHeaderBytes">The longest accepted safetensors header, in bytes.</param>
/// <param name="MaxUploadBytes">The longest accepted file, in bytes.</param>
internal sealed record BaseLimits(BaseCompression Compression, int MaxHeaderBytes, long MaxUploadBytes);
