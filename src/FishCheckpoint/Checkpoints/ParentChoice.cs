using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>The state that a save is laid against.</summary>
/// <remarks>
/// For a full model every choice gives the same checkpoint at another price, and <see cref="Auto"/> takes the cheaper. A sparse patch or a
/// delta says only what differs from its parent, so there the choice is part of the content, and <see cref="Auto"/> means the state that
/// the task starts from: its base, or the checkpoint that it was made from (<see cref="TaskSpec.From"/>). Where the chain would cost more
/// to read than the store allows, the store lays the save on an earlier state of the chain; what is restored is the same.
/// </remarks>
public readonly record struct ParentChoice
{
    private ParentChoice(string word, long? step, string? task = null) => (Word, Step, Task) = (word, step, task);

    /// <summary><c>auto</c>, <c>base</c>, <c>previous</c>, the step as text, or <c>TASK:STEP</c>.</summary>
    public string Word { get; }

    /// <summary>The parent's step, when it is given by number.</summary>
    public long? Step { get; }

    /// <summary>The task of the parent, when it is another one's.</summary>
    public string? Task { get; }

    /// <summary>The cheaper of base and previous for a full model; the state that the task starts from for anything sparse.</summary>
    public static ParentChoice Auto { get; } = new("auto", null);

    /// <summary>The task's base (with the task's own tensors as zeros).</summary>
    public static ParentChoice Base { get; } = new("base", null);

    /// <summary>The task's checkpoint of the highest step below the one being saved; when there is none, the state that the task starts
    /// from.</summary>
    public static ParentChoice Previous { get; } = new("previous", null);

    /// <summary>The task's checkpoint of a step.</summary>
    public static ParentChoice At(long step) => new(StepRef.At(step).ToString(), step);

    /// <summary>The checkpoint of a step of another task on the same base, with the same own tensors: a branch.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.StepInvalid"/>.</exception>
    public static ParentChoice Of(string task, long step) => new($"{Names.Check(task, "task")}:{StepRef.At(step)}", step, task);

    /// <summary>Reads <c>auto</c>, <c>base</c>, <c>previous</c>, a step, or <c>TASK:STEP</c>. No name has a colon in it.</summary>
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
