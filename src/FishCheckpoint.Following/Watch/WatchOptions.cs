using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Watch;

/// <summary>Which folder is watched, and what becomes of what a trainer drops there.</summary>
public sealed record WatchOptions
{
    /// <summary>The folder that the trainer writes to. Only looked at.</summary>
    public required string Folder { get; init; }

    /// <summary>The task that versions are saved into.</summary>
    public required string Task { get; init; }

    /// <summary>The base of the task, which is then made if it is not there. Default: the task has to be there.</summary>
    public string? Base { get; init; }

    /// <summary>
    /// The name of a version, with <c>{step}</c> in the place of the step and <c>*</c> in that of anything. Default: files <c>step_N</c>
    /// and <c>step-N</c> with <c>.safetensors</c>, <c>.bin</c>, <c>.pt</c> or <c>.pth</c>; folders <c>checkpoint-N</c>, <c>step_N</c>,
    /// <c>global_step_N</c> and the like.
    /// </summary>
    public string? Pattern { get; init; }

    /// <summary>How often to look. Default: each second.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a version's files have to stay as they are before it counts as written. Default: two seconds.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>End when everything that is there now is saved or refused. Default: go on.</summary>
    public bool Once { get; init; }

    /// <summary>
    /// Converts what is at a path, a file or folder, to a model, which the watcher disposes; <see langword="null"/> where it needs no
    /// conversion, and is opened in the form that it has (<see cref="CheckpointContent.OpenAsync"/>). Default: converts nothing.
    /// </summary>
    public Func<string, ModelFolder?> Convert { get; init; } = static _ => null;

    /// <summary>The longest safetensors header taken, in bytes. Default: the format's limit.</summary>
    public int MaxHeaderLength { get; init; } = SafetensorsHeader.MaxLength;

    /// <summary>
    /// The longest first wait before a store that is out of reach is tried again. Default: half a second; it doubles up to half a minute
    /// (<see cref="Errors.Backoff"/>).
    /// </summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Told what is refused, and what is tried again. Default: nobody.</summary>
    public Action<string> OnWarning { get; init; } = static _ => { };

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Draws how long to wait. Default: the system's.</summary>
    public Random Random { get; init; } = Random.Shared;
}
