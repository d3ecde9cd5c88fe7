using FishCheckpoint.Deltas;

namespace FishCheckpoint.Training;

/// <summary>A copied step that is not stored yet.</summary>
internal sealed class PendingSave
{
    /// <summary>Its step.</summary>
    public required long Step { get; init; }

    /// <summary>Its values relative to the anchor; <see langword="null"/> if they could not be copied or are stored.</summary>
    public Delta? Delta { get; set; }

    /// <summary>Its trainer state.</summary>
    public TrainerState? State { get; init; }

    /// <summary>Its metrics.</summary>
    public IReadOnlyDictionary<string, double>? Metrics { get; init; }

    /// <summary>Its parent state.</summary>
    public Anchor Anchor { get; set; } = Anchor.Start;

    /// <summary>How long the training thread waited for it.</summary>
    public TimeSpan Stall { get; init; }

    /// <summary>The result of the leak check.</summary>
    public LeakReport? Leak { get; init; }

    /// <summary>Why its values could not be copied.</summary>
    public Exception? CopyError { get; init; }

    /// <summary>Whether it is stored; set before any save with this parent begins.</summary>
    public bool Stored { get; set; }

    /// <summary>Whether its step was the best by the monitored metric when it was copied.</summary>
    public bool IsBest { get; init; }

    /// <summary>Whether a later copy may replace it while it waits: nothing is based on it, and no caller waits for it.</summary>
    public bool MayBeLeftOut { get; set; }

    /// <summary>Completed with the report; its continuations do not run on the saver's task.</summary>
    public TaskCompletionSource<SaveReport> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The parent state of saves: the task's start, a stored checkpoint, or one that is still being saved.</summary>
/// <param name="Step">The checkpoint's step; <see langword="null"/> for the task's start, which is its base or another task's
/// checkpoint.</param>
/// <param name="Pending">The checkpoint's save, if this hook makes it.</param>
internal sealed record Anchor(long? Step, PendingSave? Pending)
{
    public static Anchor Start { get; } = new(null, null);

    public static Anchor At(PendingSave save) => new(save.Step, save);
}
