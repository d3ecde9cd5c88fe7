using FishCheckpoint.Deltas;

namespace FishCheckpoint.Training;

/// <summary>A copied state on its way to the store.</summary>
internal sealed class PendingSave
{
    /// <summary>Its step.</summary>
    public required long Step { get; init; }

    /// <summary>Its values against the anchor; <see langword="null"/> when they could not be copied, and once they are stored.</summary>
    public Delta? Delta { get; set; }

    /// <summary>What resuming from it needs.</summary>
    public TrainerState? State { get; init; }

    /// <summary>Numbers to keep with it.</summary>
    public IReadOnlyDictionary<string, double>? Metrics { get; init; }

    /// <summary>The state that it is laid on.</summary>
    public Anchor Anchor { get; set; } = Anchor.Start;

    /// <summary>How long it held the training thread.</summary>
    public TimeSpan Stall { get; init; }

    /// <summary>What the leak check found.</summary>
    public LeakReport? Leak { get; init; }

    /// <summary>Why its values could not be copied.</summary>
    public Exception? CopyError { get; init; }

    /// <summary>Whether it is stored; set before anything that is laid on it is saved.</summary>
    public bool Stored { get; set; }

    /// <summary>Whether its step was the best by the monitored metric when it was copied.</summary>
    public bool IsBest { get; init; }

    /// <summary>Whether a later one may take its place while it waits: nothing is based on it, and nobody waits for it.</summary>
    public bool MayBeLeftOut { get; set; }

    /// <summary>Completed with the report; its continuations do not run on the saver's task.</summary>
    public TaskCompletionSource<SaveReport> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>
/// The state that saves are laid on: what the task starts from, a checkpoint of it that is stored, or one that is still being saved.
/// </summary>
/// <param name="Step">The checkpoint's step; <see langword="null"/> for what the task starts from: its base, or the checkpoint of another
/// task, whose step is none of its own.</param>
/// <param name="Pending">The checkpoint's save, where this hook makes it.</param>
internal sealed record Anchor(long? Step, PendingSave? Pending)
{
    public static Anchor Start { get; } = new(null, null);

    public static Anchor At(PendingSave save) => new(save.Step, save);
}
