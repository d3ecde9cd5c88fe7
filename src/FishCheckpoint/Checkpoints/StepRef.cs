using System.Globalization;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Checkpoints;

/// <summary>A reference to a checkpoint of a task: a step, <c>latest</c>, <c>best</c>, or a tag.</summary>
public readonly record struct StepRef
{
    private StepRef(long? step, string? word) => (Step, Word) = (step, word);

    /// <summary>The step, if given as a number.</summary>
    public long? Step { get; }

    /// <summary><c>latest</c>, <c>best</c> or a tag, if not given as a number.</summary>
    public string? Word { get; }

    /// <summary>The checkpoint with the highest step.</summary>
    public static StepRef Latest { get; } = new(null, "latest");

    /// <summary>The checkpoint with the best value of the task's monitored metric.</summary>
    public static StepRef Best { get; } = new(null, "best");

    /// <summary>The checkpoint at a step.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StepInvalid"/>: the step is negative.</exception>
    public static StepRef At(long step) => step >= 0 ? new StepRef(step, null)
        : throw new FishException(ErrorCode.StepInvalid, $"{step}", "The step is negative.", "Steps run from 0 to 9223372036854775807.");

    /// <summary>Parses a step, a word or a tag.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StepInvalid"/>, <see cref="ErrorCode.NameInvalid"/>.</exception>
    public static StepRef Parse(string text)
    {
        if (text.Length > 0 && text.All(char.IsAsciiDigit))
        {
            return At(ParseStep(text));
        }

        return text switch { "latest" => Latest, "best" => Best, _ => new StepRef(null, Names.CheckTag(text)) };
    }

    /// <summary>Parses a step in digits.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StepInvalid"/>.</exception>
    public static long ParseStep(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            ? step : throw new FishException(
                ErrorCode.StepInvalid, text.Length <= 40 ? text : $"{text[..37]}...", "The step is invalid.",
                "Steps are whole numbers from 0 to 9223372036854775807.");

    /// <summary>Whether a word cannot be used as a tag.</summary>
    public static bool IsReserved(string word) =>
        word is "latest" or "best" or "base" or "previous" or "auto" || word.All(char.IsAsciiDigit);

    /// <inheritdoc/>
    public override string ToString() => Word ?? Step.GetValueOrDefault().ToString(CultureInfo.InvariantCulture);
}
