using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Ports;

/// <summary>The row of a task, deleted or not.</summary>
/// <param name="Id">Its row.</param>
/// <param name="Name">Its name, or the one that it had before it was deleted.</param>
/// <param name="Base">Its base.</param>
/// <param name="Tensors">Its own tensors, as stored.</param>
/// <param name="Retention">What to keep of it.</param>
/// <param name="Origin">The row of the checkpoint that it starts from.</param>
/// <param name="Start">What that checkpoint was called when the task was made.</param>
internal sealed record StoredTask(
    long Id, string Name, Digest Base, string Tensors, Retention? Retention, long? Origin, BranchPoint? Start);
