using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Folders;

namespace FishCheckpoint.Following.Pull;

/// <summary>How a folder comes to a checkpoint. Pure: made from what the folder and the store say of themselves.</summary>
internal abstract record PullPlan
{
    private PullPlan(PulledFolder? from) => From = from;

    /// <summary>The folder that a delta can be laid on; <see langword="null"/>: none.</summary>
    public PulledFolder? From { get; }

    /// <summary>It is there already.</summary>
    public sealed record Stay(PulledFolder Folder) : PullPlan(Folder);

    /// <summary>It was pulled before, and is kept.</summary>
    public sealed record Return(PulledFolder Folder) : PullPlan(Folder);

    /// <summary>By a delta, if that is not larger than the model.</summary>
    public sealed record Patch(PulledFolder Folder) : PullPlan(Folder);

    /// <summary>As a full model.</summary>
    public sealed record Full(string Because) : PullPlan(default(PulledFolder));

    /// <summary>Makes the plan.</summary>
    /// <param name="current">What the folder points at.</param>
    /// <param name="all">What it holds.</param>
    /// <param name="task">The task.</param>
    /// <param name="wanted">The checkpoint.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: the folder is another task's;
    /// <see cref="ErrorCode.BaseMismatch"/>: it is of this task's name, but on another base. Who reads the folder has loaded what belongs
    /// to that model: another one in its place is never what was asked for.</exception>
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
                    "It is another model: pull it into another folder, or remove this one when nobody reads it.");
            }
        }

        return current?.Manifest?.Holds(wanted) == true ? new Stay(current)
            : all.FirstOrDefault(folder => folder.Manifest!.Holds(wanted)) is { } kept ? new Return(kept)
            : current is null ? new Full("nothing was here")
            : current.Manifest is null ? new Full($"{current.Name} has no manifest that can be read")
            : new Patch(current);
    }
}
