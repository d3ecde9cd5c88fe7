
namespace FishCheckpoint.Engine.Ports;

/// <summary>Checkpoints, their bytes as full models, and their stored bytes.</summary>
internal sealed record GrowthSum(long Checkpoints, long Logical, long Stored)
{
    public static GrowthSum operator +(GrowthSum left, GrowthSum right) => new(
        left.Checkpoints + right.Checkpoints, left.Logical + right.Logical, left.Stored + right.Stored);

    public static GrowthSum operator -(GrowthSum left, GrowthSum right) => new(
        left.Checkpoints - right.Checkpoints, left.Logical - right.Logical, left.Stored - right.Stored);
}
