using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Pull;

/// <summary>Which checkpoint to pull, and the folder for it.</summary>
public sealed record PullOptions
{
    /// <summary>The task.</summary>
    public required string Task { get; init; }

    /// <summary>The folder that models are pulled into; created if missing.</summary>
    public required string Folder { get; init; }

    /// <summary>Which checkpoint to pull. Default: the newest.</summary>
    public StepRef Step { get; init; } = StepRef.Latest;

    /// <summary>
    /// How many older models stay beside the pointer's target. Default: 1, so that a reader can finish while the pointer moves.
    /// </summary>
    public int Keep { get; init; } = 1;

    /// <summary>The longest safetensors header accepted, in bytes. Default: 100,000,000.</summary>
    public int MaxHeaderLength { get; init; } = SafetensorsHeader.MaxLength;

    /// <summary>
    /// The longest first delay before a retry. Default: half a second; it doubles up to half a minute (<see cref="Errors.Backoff"/>).
    /// </summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often to check without an event. Default: every ten seconds.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Called with each problem that is retried and each full download in place of a delta. Default: nothing.</summary>
    public Action<string> OnWarning { get; init; } = static _ => { };

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The random source for delays. Default: the system's.</summary>
    public Random Random { get; init; } = Random.Shared;
}
