using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>The forms in which a checkpoint can be handed in. The caller keeps ownership and disposes after the save.</summary>
public abstract record CheckpointContent
{
    private CheckpointContent()
    {
    }

    /// <summary>A full model; the store finds what changed.</summary>
    /// <param name="Model">The model's files.</param>
    public sealed record Full(ModelFolder Model) : CheckpointContent;

    /// <summary>A sparse patch: for each changed tensor <c>NAME.indices</c> (I32, I64, U32 or U64, flat, ascending) and <c>NAME.values</c> (its dtype).</summary>
    /// <param name="File">The patch.</param>
    public sealed record Sparse(SafetensorsFile File) : CheckpointContent;

    /// <summary>A delta in memory, as a trainer's hook has it.</summary>
    /// <param name="Delta">Positions and new values.</param>
    public sealed record Changed(Delta Delta) : CheckpointContent;

    /// <summary>A delta as frames.</summary>
    /// <param name="Delta">The frames.</param>
    public sealed record Encoded(EncodedDelta Delta) : CheckpointContent;
}
