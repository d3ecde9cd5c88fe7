using System.Globalization;
using System.Text.RegularExpressions;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Following.Watch;

/// <summary>
/// Reads the step from the names that trainers use: files <c>step_N.safetensors</c> and <c>step-N.safetensors</c>, or PyTorch's
/// (<c>.bin</c>, <c>.pt</c>, <c>.pth</c>), with any prefix and a separator; folders <c>checkpoint-N</c> (Hugging Face's Trainer and its
/// derivatives), <c>global_step_N</c> and <c>global_stepN</c> (verl, DeepSpeed), <c>step_N</c> and <c>step-N</c>.
/// </summary>
internal sealed class DropNames
{
    private const string Placeholder = "{step}";
    private const string Digits = "(?<step>[0-9]{1,19})";
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    private static readonly Regex Usual = Of(
        $@"(?:.*[_.-])?step[_-]?{Digits}\.(?:safetensors|bin|pt|pth)|(?:checkpoint|global_step|step)[_-]?{Digits}");

    private readonly Regex names;

    private DropNames(Regex names) => this.names = names;

    /// <summary>The names of a pattern; the usual names if there is none.</summary>
    /// <param name="pattern">A name with <c>{step}</c> once, and <c>*</c> for anything.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: it does not have <c>{step}</c> exactly once, or is a
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
                ErrorCode.RequestInvalid, pattern.Length <= 80 ? pattern : pattern[..80], "A pattern is a name with {step} exactly once.",
                "Write it like model-{step}.safetensors or run_*_{step}.");
    }

    /// <summary>The step in a name; <see langword="null"/> if it is not a version's name. Dot-names never are.</summary>
    public long? StepOf(string name) => !name.StartsWith('.') && names.Match(name) is { Success: true } match
        && long.TryParse(match.Groups["step"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;

    private static Regex Of(string pattern) => new(
        $@"^(?:{pattern})\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking, MatchTimeout);
}
