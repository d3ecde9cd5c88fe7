using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Tasks;

/// <summary>A task, its base and its layout, as saves and restores need them.</summary>
/// <param name="Id">Its row.</param>
/// <param name="Name">Its name.</param>
/// <param name="Base">Its base.</param>
/// <param name="Layout">Its layout.</param>
/// <param name="Retention">What to keep of it.</param>
/// <param name="Origin">The row of the checkpoint that it starts from; <see langword="null"/>: the base, unless that checkpoint was
/// lost.</param>
/// <param name="LostBranchPoint">What the checkpoint that it starts from was called, where a repair could not save it.</param>
internal sealed record TaskContext(
    long Id, string Name, BaseContent Base, TaskLayout Layout, Retention? Retention, long? Origin = null,
    BranchPoint? LostBranchPoint = null)
{
    /// <summary>The row of what is no task: a base that is read by itself.</summary>
    public const long BaseAlone = 0;

    /// <summary>Whether it is a base that is read by itself.</summary>
    public bool IsBase => Id == BaseAlone;

    /// <summary>The identity of the base under this task's layout: the state that the first delta is based on.</summary>
    public Digest BaseState { get; } = StateIdentity.OfBase(Base.Id, Layout.Layout.Id);
}
