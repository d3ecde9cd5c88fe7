using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Watch;

/// <summary>Which folder to watch, and where to save its versions.</summary>
public sealed record WatchOptions
{
    /// <summary>The folder that the trainer writes to. It is only read.</summary>
    public required string Folder { get; init; }

    /// <summary>The task that versions are saved into.</summary>
    public required string Task { get; init; }

    /// <summary>The base of the task, which is created if it does not exist. Default: the task must exist.</summary>
    public string? Base { get; init; }

    /// <summary>
    /// The name of a version, with <c>{step}</c> for the step and <c>*</c> for any text. Default: files <c>step_N</c> and <c>step-N</c>
    /// with <c>.safetensors</c>, <c>.bin</c>, <c>.pt</c> or <c>.pth</c>; folders <c>checkpoint-N</c>, <c>step_N</c>, <c>global_step_N</c>
    /// and the like.
    /// </summary>
    public string? Pattern { get; init; }

    /// <summary>How often to check. Default: every second.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a version's files must stay unchanged before they count as complete. Default: two seconds.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether to end when every current version is saved or refused. Default: continue.</summary>
    public bool Once { get; init; }

    /// <summary>
    /// Converts the file or folder at a path to a model, which the watcher disposes; <see langword="null"/> if it needs no conversion
    /// (<see cref="CheckpointContent.OpenAsync"/> then opens it). Default: converts nothing.
    /// </summary>
    public Func<string, ModelFolder?> Convert { get; init; } = static _ => null;

    /// <summary>The longest safetensors header accepted, in bytes. Default: the format's limit.</summary>
    public int MaxHeaderLength { get; init; } = SafetensorsHeader.MaxLength;

    /// <summary>
    /// The longest first delay before an unreachable store is retried. Default: half a second; it doubles up to half a minute
    /// (<see cref="Errors.Backoff"/>).
    /// </summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Called with each refusal and each retried problem. Default: nothing.</summary>
    public Action<string> OnWarning { get; init; } = static _ => { };

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The random source for delays. Default: the system's.</summary>
    public Random Random { get; init; } = Random.Shared;
}
