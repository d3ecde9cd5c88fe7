using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>The state that a save is laid against.</summary>
/// <remarks>
/// For a full model every choice gives the same checkpoint at another price, and <see cref="Auto"/> takes the cheaper. A sparse patch or a delta
/// says only what differs from its parent, so there the choice is part of the content, and <see cref="Auto"/> means <see cref="Base"/>.
/// </remarks>
public readonly record struct ParentChoice
{
    private ParentChoice(string word, long? step) => (Word, Step) = (word, step);

    /// <summary><c>auto</c>, <c>base</c>, <c>previous</c>, or the step as text.</summary>
    public string Word { get; }

    /// <summary>The parent's step, when it is given by number.</summary>
    public long? Step { get; }

    /// <summary>The cheaper of base and previous for a full model; the base for anything sparse.</summary>
    public static ParentChoice Auto { get; } = new("auto", null);

    /// <summary>The task's base (with the task's own tensors as zeros).</summary>
    public static ParentChoice Base { get; } = new("base", null);

    /// <summary>The task's checkpoint of the highest step below the one being saved; the base when there is none.</summary>
    public static ParentChoice Previous { get; } = new("previous", null);

    /// <summary>The task's checkpoint of a step.</summary>
    public static ParentChoice At(long step) => new(StepRef.At(step).ToString(), step);

    /// <summary>Reads <c>auto</c>, <c>base</c>, <c>previous</c> or a step.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StepInvalid"/>.</exception>
    public static ParentChoice Parse(string text) =>
        text switch { "auto" => Auto, "base" => Base, "previous" => Previous, _ => At(StepRef.ParseStep(text)) };

    /// <inheritdoc/>
    public override string ToString() => Word ?? "auto";
}
