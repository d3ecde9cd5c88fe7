using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Tasks;

/// <summary>A task with its base and layout, for saves and restores.</summary>
/// <param name="Id">Its row.</param>
/// <param name="Name">Its name.</param>
/// <param name="Base">Its base.</param>
/// <param name="Layout">Its layout.</param>
/// <param name="Retention">Its retention rules.</param>
/// <param name="BranchCheckpoint">The row of the checkpoint at its branch point; <see langword="null"/> if it starts from its base or that
/// checkpoint was lost.</param>
/// <param name="LostBranchPoint">The branch point, if a repair lost its checkpoint.</param>
internal sealed record TaskContext(
    long Id, string Name, BaseContent Base, TaskLayout Layout, Retention? Retention, long? BranchCheckpoint = null,
    BranchPoint? LostBranchPoint = null)
{
    /// <summary>The row of a base without a task.</summary>
    public const long BaseAlone = 0;

    /// <summary>Whether this is a base without a task.</summary>
    public bool IsBase => Id == BaseAlone;

    /// <summary>The state id of the base in this task's layout: the parent of the first delta.</summary>
    public Digest BaseState { get; } = StateIdentity.OfBase(Base.Id, Layout.Layout.Id);
}
