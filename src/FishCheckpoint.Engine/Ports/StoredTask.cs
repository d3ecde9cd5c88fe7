using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>The row of a task, deleted or not.</summary>
/// <param name="Id">Its row.</param>
/// <param name="Name">Its name, or its name before deletion.</param>
/// <param name="Base">Its base.</param>
/// <param name="Tensors">Its own tensors, as stored.</param>
/// <param name="Retention">Its retention rules.</param>
/// <param name="BranchCheckpoint">The row of the checkpoint at its branch point.</param>
/// <param name="BranchPoint">The branch point, as given when the task was created.</param>
internal sealed record StoredTask(
    long Id, string Name, Digest Base, string Tensors, Retention? Retention, long? BranchCheckpoint, BranchPoint? BranchPoint);
