using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Folders;

namespace FishCheckpoint.Following.Pull;

/// <summary>How to update a folder to a checkpoint. A pure function of the folder's and the store's metadata.</summary>
internal abstract record PullPlan
{
    private PullPlan(PulledFolder? from) => From = from;

    /// <summary>The local model that a delta can apply to; <see langword="null"/>: none.</summary>
    public PulledFolder? From { get; }

    /// <summary>The pointer has it as its target already.</summary>
    public sealed record Stay(PulledFolder Folder) : PullPlan(Folder);

    /// <summary>An earlier pull of it is still in the folder.</summary>
    public sealed record Return(PulledFolder Folder) : PullPlan(Folder);

    /// <summary>Pull a delta, if it is smaller than the model.</summary>
    public sealed record Patch(PulledFolder Folder) : PullPlan(Folder);

    /// <summary>Pull the full model.</summary>
    public sealed record Full(string Because) : PullPlan(default(PulledFolder));

    /// <summary>Computes the plan.</summary>
    /// <param name="current">The pointer's target.</param>
    /// <param name="all">All models in the folder.</param>
    /// <param name="task">The task.</param>
    /// <param name="wanted">The checkpoint.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: the folder belongs to another task;
    /// <see cref="ErrorCode.BaseMismatch"/>: its task has the same name but another base. Its readers rely on that model, so another one
    /// never replaces it.</exception>
    public static PullPlan Of(PulledFolder? current, IReadOnlyList<PulledFolder> all, TaskInfo task, CheckpointInfo wanted)
    {
        foreach (var manifest in all.Select(folder => folder.Manifest!))
        {
            if (manifest.Task != task.Name)
            {
                throw new FishException(
                    ErrorCode.FolderTaken, task.Name, $"The folder holds models of the task '{manifest.Task}'.",
                    "Pull each task into a folder of its own.");
            }

            if (manifest.Base != task.BaseId)
            {
                throw new FishException(
                    ErrorCode.BaseMismatch, task.Name,
                    $"The folder's models are on the base {manifest.Base}; the task is on {task.BaseId}.",
                    "Pull into another folder, or remove this one once nobody reads it.");
            }
        }

        return current?.Manifest?.Holds(wanted) == true ? new Stay(current)
            : all.FirstOrDefault(folder => folder.Manifest!.Holds(wanted)) is { } kept ? new Return(kept)
            : current is null ? new Full("the folder was empty")
            : current.Manifest is null ? new Full($"{current.Name} has no readable manifest")
            : new Patch(current);
    }
}
