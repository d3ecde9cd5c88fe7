using System.Text.Json.Serialization;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>How to restore a deleted checkpoint.</summary>
/// <param name="As">Its new step. Default: its former one.</param>
/// <param name="Pin">Whether to pin it, so that the retention does not delete it again. Default: no.</param>
public sealed record UndeleteOptions(long? As = null, bool Pin = false);

/// <summary>A restored checkpoint.</summary>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="TakenTags">Its former tags that other checkpoints now have; these are not moved.</param>
/// <param name="GoesAgain">Whether the next collection deletes it again (with a new grace period), because the task's retention does not
/// keep it. A pin or a tag prevents that.</param>
public sealed record Undeleted(CheckpointInfo Checkpoint, IReadOnlyList<string> TakenTags, bool GoesAgain);

/// <summary>A deleted checkpoint in its grace period.</summary>
/// <param name="Task">Its task.</param>
/// <param name="Step">Its step.</param>
/// <param name="State">Identity of the full state.</param>
/// <param name="LogicalBytes">Bytes of the full model that it represents.</param>
/// <param name="StoredBytes">Stored bytes, including its trainer state.</param>
/// <param name="TrainerStateBytes">Stored bytes of its trainer state; 0 without one.</param>
/// <param name="Metrics">The trainer's metrics.</param>
/// <param name="Tags">Its former tags.</param>
/// <param name="WithTask">Whether it was deleted with its task and is restored with it.</param>
/// <param name="Created">When it was saved.</param>
/// <param name="Deleted">When it was deleted.</param>
/// <param name="Expires">When its grace period ends.</param>
public sealed record DeletedCheckpoint(
    string Task, long Step, Digest State, long LogicalBytes, long StoredBytes,
    [property: JsonPropertyName("stateBytes")] long TrainerStateBytes, IReadOnlyDictionary<string, double> Metrics,
    IReadOnlyList<string> Tags, bool WithTask, DateTimeOffset Created, DateTimeOffset Deleted, DateTimeOffset Expires);

/// <summary>A deleted task, or a task with deleted checkpoints, in its grace period.</summary>
/// <param name="Name">Its name or former name.</param>
/// <param name="Base">A name of its base.</param>
/// <param name="Whole">Whether the task itself is deleted.</param>
/// <param name="Checkpoints">Its deleted checkpoints.</param>
/// <param name="Bytes">Their stored bytes.</param>
/// <param name="Deleted">When the task, or the last of these checkpoints, was deleted.</param>
/// <param name="Expires">When the grace period of the task, or of the last of these checkpoints, ends.</param>
public sealed record DeletedTask(
    string Name, string Base, bool Whole, long Checkpoints, long Bytes, DateTimeOffset Deleted, DateTimeOffset Expires);
