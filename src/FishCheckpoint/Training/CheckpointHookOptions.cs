using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>When a <see cref="CheckpointHook"/> saves, and what it does about trouble.</summary>
public sealed record CheckpointHookOptions
{
    /// <summary>Saves every step that is a multiple of this; 0 saves on demand only (<see cref="CheckpointHook.SaveAsync"/>). Default: 100.</summary>
    public long SaveEverySteps { get; init; } = 100;

    /// <summary>What a due step does while the saver is busy. Default: <see cref="BusyPolicy.Skip"/>.</summary>
    public BusyPolicy Busy { get; init; } = BusyPolicy.Skip;

    /// <summary>
    /// How many copies of the masked values may wait in memory, the one being saved included; at least 1. The saver is busy when there are so many. Default: 2.
    /// </summary>
    public int QueueCapacity { get; init; } = 2;

    /// <summary>The base that the trainer started from; a task of another one refuses the saves (BASE_MISMATCH). Default: not checked.</summary>
    public Digest? ExpectedBase { get; init; }

    /// <summary>Called with each report, on the background task and one at a time; what it throws counts as a failure of the hook. Default: nothing.</summary>
    public Action<SaveReport>? OnReport { get; init; }

    /// <summary>
    /// Whether <see cref="CheckpointHook.CompleteAsync"/> throws what failed. Either way training goes on, and the reports tell. Default: yes.
    /// </summary>
    public bool ThrowOnComplete { get; init; } = true;

    /// <summary>The clock that stalls are measured with. Default: the system's.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    internal CheckpointHookOptions Checked()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(SaveEverySteps);
        ArgumentOutOfRangeException.ThrowIfLessThan(QueueCapacity, 1);
        return this;
    }
}
