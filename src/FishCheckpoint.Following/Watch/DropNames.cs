using System.Globalization;
using System.Text.RegularExpressions;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Following.Watch;

/// <summary>
/// Tells steps by the names that trainers give: files <c>step_N.safetensors</c> and <c>step-N.safetensors</c>, or PyTorch's (<c>.bin</c>,
/// <c>.pt</c>, <c>.pth</c>), with anything and a separator before them; folders <c>checkpoint-N</c> (Hugging Face's Trainer and what
/// follows it), <c>global_step_N</c> and <c>global_stepN</c> (verl, DeepSpeed), <c>step_N</c> and <c>step-N</c>.
/// </summary>
internal sealed class DropNames
{
    private const string Placeholder = "{step}";
    private const string Digits = "(?<step>[0-9]{1,19})";
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private static readonly Regex Usual = Of(
        $@"(?:.*[_.-])?step[_-]?{Digits}\.(?:safetensors|bin|pt|pth)|(?:checkpoint|global_step|step)[_-]?{Digits}");

    private readonly Regex names;

    private DropNames(Regex names) => this.names = names;

    /// <summary>The names that a pattern says; the usual ones without.</summary>
    /// <param name="pattern">A name with <c>{step}</c> once, and <c>*</c> for anything.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: it has no place for the step, or several, or is a
    /// path.</exception>
    public static DropNames Create(string? pattern)
    {
        if (pattern is null)
        {
            return new DropNames(Usual);
        }

        var parts = pattern.Split(Placeholder);
        return parts.Length == 2 && !pattern.Contains('/', StringComparison.Ordinal)
            ? new DropNames(
                Of(string.Join(Digits, parts.Select(part => Regex.Escape(part).Replace(@"\*", ".*", StringComparison.Ordinal)))))
            : throw new FishException(
                ErrorCode.RequestInvalid, pattern.Length <= 80 ? pattern : pattern[..80], "A pattern is a name with {step} once.",
                "Write it as in model-{step}.safetensors or run_*_{step}.");
    }

    /// <summary>The step of a name; <see langword="null"/> where it is no version's. Hidden names are none.</summary>
    public long? StepOf(string name) => !name.StartsWith('.') && names.Match(name) is { Success: true } match
        && long.TryParse(match.Groups["step"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;

    private static Regex Of(string pattern) => new(
        $@"^(?:{pattern})\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking, Longest);
}
