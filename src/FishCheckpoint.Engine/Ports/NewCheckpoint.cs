using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>The row of a new checkpoint. Metrics and metadata are JSON.</summary>
internal sealed record NewCheckpoint(
    long Task, long Step, long? Parent, long Depth, Digest Mask, long Frame, Digest? Headers, Digest State, long Changed, long LogicalBytes,
    long PositionBytes, long ValueBytes, Digest? FileDigest, string Metrics, DateTimeOffset Created, bool IsBlocks, long? Reference,
    long? ReferenceDepth, CodecEffort Effort, long ChainBytes, long Elements, string Metadata, string? SavedBy);
