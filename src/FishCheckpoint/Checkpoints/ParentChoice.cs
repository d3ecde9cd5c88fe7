using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>The parent state of a save.</summary>
/// <remarks>For a full model, every choice gives the same checkpoint at another price; <see cref="Auto"/> chooses the cheaper. The content
/// of a sparse patch or delta depends on its parent, so there <see cref="Auto"/> means the task's start state: its base, or its branch
/// point (<see cref="TaskSpec.BranchPoint"/>). If the chain would cost more to read than the store allows, the store uses an earlier state
/// of the chain as the parent; the restored model is the same.</remarks>
public readonly record struct ParentChoice
{
    private ParentChoice(string word, long? step, string? task = null) => (Word, Step, Task) = (word, step, task);

    /// <summary><c>auto</c>, <c>base</c>, <c>previous</c>, the step as text, or <c>TASK:STEP</c>.</summary>
    public string Word { get; }

    /// <summary>The parent's step, if given by number.</summary>
    public long? Step { get; }

    /// <summary>The parent's task, if it is another one.</summary>
    public string? Task { get; }

    /// <summary>The cheaper of base and previous for a full model; the task's start state for a sparse patch or delta.</summary>
    public static ParentChoice Auto { get; } = new("auto", null);

    /// <summary>The task's base, with the task's own tensors as zeros.</summary>
    public static ParentChoice Base { get; } = new("base", null);

    /// <summary>The task's checkpoint with the highest step below the saved one; if there is none, the task's start state.</summary>
    public static ParentChoice Previous { get; } = new("previous", null);

    /// <summary>The task's checkpoint at a step.</summary>
    public static ParentChoice At(long step) => new(StepRef.At(step).ToString(), step);

    /// <summary>A checkpoint of another task with the same base and own tensors: a branch.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.StepInvalid"/>.</exception>
    public static ParentChoice Of(string task, long step) => new($"{Names.Check(task, "task")}:{StepRef.At(step)}", step, task);

    /// <summary>Parses <c>auto</c>, <c>base</c>, <c>previous</c>, a step, or <c>TASK:STEP</c>. Names never contain a colon.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StepInvalid"/>, <see cref="ErrorCode.NameInvalid"/>.</exception>
    public static ParentChoice Parse(string text) => text switch
    {
        "auto" => Auto,
        "base" => Base,
        "previous" => Previous,
        _ => text.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0
            ? Of(text[..colon], StepRef.ParseStep(text[(colon + 1)..])) : At(StepRef.ParseStep(text)),
    };

    /// <inheritdoc/>
    public override string ToString() => Word ?? "auto";
}
