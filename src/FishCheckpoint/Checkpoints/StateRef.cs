using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// A reference to a delta's parent: the base, a checkpoint of the same task, or a checkpoint of another task with the same base.
/// </summary>
/// <param name="Step">The checkpoint; <see langword="null"/> for the base.</param>
/// <param name="Task">Its task, if it is another one.</param>
public readonly record struct StateRef(StepRef? Step, string? Task = null)
{
    private const string BaseWord = "base";

    /// <summary>The task's base, with the task's own tensors as zeros.</summary>
    public static StateRef Base { get; }

    /// <summary>A checkpoint of the same task, or the base for <see langword="null"/>.</summary>
    public static implicit operator StateRef(StepRef? step) => FromStepRef(step);

    /// <summary>A checkpoint of the same task, or the base for <see langword="null"/>.</summary>
    public static StateRef FromStepRef(StepRef? step) => new(step);

    /// <summary>
    /// Parses <c>base</c>, a step, a word or a tag; for a checkpoint of another task, <c>TASK:STEP</c>. Names never contain a colon.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StepInvalid"/>, <see cref="ErrorCode.NameInvalid"/>.</exception>
    public static StateRef Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return text == BaseWord ? Base
            : colon < 0 ? new StateRef(StepRef.Parse(text))
            : new StateRef(StepRef.Parse(text[(colon + 1)..]), Names.Check(text[..colon], "task"));
    }

    /// <inheritdoc/>
    public override string ToString() => Step is not { } step ? BaseWord : Task is null ? step.ToString() : $"{Task}:{step}";
}
