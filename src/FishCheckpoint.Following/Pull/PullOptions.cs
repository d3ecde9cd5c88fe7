using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Pull;

/// <summary>What is pulled, and where to.</summary>
public sealed record PullOptions
{
    /// <summary>The task.</summary>
    public required string Task { get; init; }

    /// <summary>The folder that models are pulled into; made where it is not there.</summary>
    public required string Folder { get; init; }

    /// <summary>Which checkpoint. Default: the newest.</summary>
    public StepRef Step { get; init; } = StepRef.Latest;

    /// <summary>
    /// How many older models stay beside the one that is pointed at. Default: 1, so that who reads it while the pointer moves can end
    /// reading.
    /// </summary>
    public int Keep { get; init; } = 1;

    /// <summary>The longest safetensors header taken, in bytes. Default: 100,000,000.</summary>
    public int MaxHeaderLength { get; init; } = SafetensorsHeader.MaxLength;

    /// <summary>
    /// The longest first wait before something is tried again. Default: half a second; it doubles up to half a minute
    /// (<see cref="Errors.Backoff"/>).
    /// </summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How often to look though no event came. Default: every ten seconds.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Told what went wrong and is tried again, and what is pulled in another way than was meant. Default: nobody.</summary>
    public Action<string> OnWarning { get; init; } = static _ => { };

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Draws how long to wait. Default: the system's.</summary>
    public Random Random { get; init; } = Random.Shared;
}
